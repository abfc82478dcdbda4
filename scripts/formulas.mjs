// Sets formulas with KaTeX: each line of input is JSON {tex, display}, each line of output JSON {html} or {error}.
import { createInterface } from "node:readline";

const { default: katex } = await import(process.argv[2]);
for await (const line of createInterface({ input: process.stdin })) {
  const { tex, display } = JSON.parse(line);
  let answer;
  try {
    answer = { html: katex.renderToString(tex, { displayMode: display, strict: "error", throwOnError: true }) };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
