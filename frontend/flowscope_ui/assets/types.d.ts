// The types that modules share: what comes over the wire (docs/wire.md), and what is handed from one drawing to another.

import type { Layer } from "./canvas/layer.mjs";
import type { Trail } from "./canvas/trail.mjs";
import type { SCALARS } from "./stream/columns.mjs";
import type { Convention } from "./stream/convention.mjs";
import type { Port } from "./stream/port.mjs";
import type { Column, Lane, Store } from "./stream/store.mjs";

/** The page and all its drawings, which every family may be handed. */
export type { Page } from "./page.mjs";
export type { Scope } from "./scope.mjs";

// ---- Words ----------------------------------------------------------------------------------------------------------

/** A table of sentences by key. */
export type Sentences = Record<string, string>;

/** Every sentence of the page; under `engine` those of the engine, English → the language of the page. */
export type Words = typeof import("../words/en/page.json") & { engine: Sentences };

/** What a stage says of itself over its drawing. */
export interface Head {
  title: string;
  formula: string;
  units?: string;
}

// ---- Specs ----------------------------------------------------------------------------------------------------------

/** Any choice among several, with its settings. */
export interface Kind {
  kind: string;
}

export interface Damping extends Kind {
  rho?: number;
  [setting: string]: string | number | boolean | undefined;
}

export interface Integrator extends Kind {
  [setting: string]: string | number | boolean | undefined;
}

export interface Flow extends Kind {
  damping?: Damping;
  inner?: undefined;
}

/** The inner solver of a minimizing movement. */
export interface Inner extends Kind {
  optimizer?: Optimizer;
  [setting: string]: string | number | boolean | Optimizer | undefined;
}

export interface Optimizer extends Kind {
  eta?: number;
  tau?: number;
  mass?: number;
  damping?: Damping | number;
  inner?: Inner;
  radius?: number;
  threshold?: number;
  metric?: string;
  [setting: string]: string | number | boolean | Kind | undefined;
}

export interface FlowSolver {
  name: string;
  flow: Flow;
  integrator: Integrator;
  optimizer?: undefined;
}

export interface Iteration {
  name: string;
  optimizer: Optimizer;
  flow?: undefined;
  integrator?: undefined;
}

export type Solver = FlowSolver | Iteration;

export interface Problem extends Kind {
  loss?: Kind;
  inputs?: number[][];
  targets?: number[][] | string[];
  parameters?: number[];
  offset?: number;
  [setting: string]: unknown;
}

export interface Network extends Kind {
  widths?: number[];
  activation?: string;
  [setting: string]: unknown;
}

export interface Start extends Kind {
  /** Of a point. */
  parameters?: number[];
  /** Of a branch. */
  parent?: Spec;
  solver?: number;
  seed?: number;
  frame?: number;
  scale?: number;
}

export interface Protocol extends Kind {
  scale?: string;
  eta?: number;
  grid?: number[];
  goal?: number;
  steps?: number;
  clock?: string;
  budget?: number;
}

/** ρ as it was set by hand. */
export interface Tune {
  frame: number;
  solver: number;
  rho: number;
}

/** A tune as the server tells it, at the flow time of its frame. */
export interface ToldTune extends Tune {
  time: number;
}

export interface Spec {
  title: string;
  problem: Problem;
  network: Network;
  start: Start;
  solvers: Solver[];
  seeds: number[];
  horizon: number;
  interval: number;
  evaluations?: number;
  protocol?: Protocol;
  tunes?: Tune[];
}

// ---- A run ----------------------------------------------------------------------------------------------------------

/** A point of parameters and what the network is there; long vectors are null. */
export interface Place {
  theta: number[] | null;
  outputs: number[] | null;
}

export interface MetaLane {
  lane: number;
  solver: number;
  name: string;
  seed: number;
  /** Whether its ρ can be set by hand. */
  is_tunable?: boolean;
  /** κ where theory has L − L* fall as e^{−κt}; recordings of 0.1.0 have none. */
  exponent?: number | null;
  /** What its own method can do about an end, by status. */
  advice?: Sentences;
}

/** What turns outputs into what the targets are. */
export type Link = "identity" | "sigmoid" | "softmax";

/** The metadata of a recording. */
export interface Meta {
  spec: Spec;
  lanes: MetaLane[];
  /** Hashes of what the lanes have in common; recordings of 0.1.0 have none. */
  record?: { data: string; starts: Record<string, string> };
  /** Of the loss; recordings of 0.1.0 do not tell it. */
  loss?: { is_squares: boolean; link: Link };
  /** Whether the network is a chain of layers. */
  is_layered?: boolean;
  /** n. */
  samples: number;
  /** N. */
  outputs: number;
  /** p. */
  parameters: number;
  inputs: number[][] | null;
  target: number[] | null;
  start: Place[];
  eigenvectors: number[][] | null;
  best: (Place & { loss: number }) | null;
  infimum?: { loss: number; attained: boolean } | null;
  problem: { latents: number[][]; labels: number[]; floor: number } | null;
  versions: Record<string, string>;
  device: string;
}

/** How a lane of a run stands, as the server tells it. */
export interface LaneState {
  lane: number;
  name: string;
  seed: number;
  status: string;
  sentence: string;
}

/** A run as the server lists it. */
export interface Run {
  id: string;
  title: string;
  state: "running" | "ended";
  made: number;
  outputs: number;
  parameters: number;
  rows: number;
  frames: number;
  data: string | null;
  lanes: LaneState[];
  spec: Spec;
  ended?: boolean;
}

export type Scalar = (typeof SCALARS)[number];
/** Scalars that only some runs have, of those that drawings know. */
export type Optional =
  | "outer"
  | "inner"
  | "capped"
  | "tau"
  | "certificate"
  | "solver_part"
  | "network_part"
  | "prox_error"
  | "budget"
  | "budget_solver"
  | "trajectory_error"
  | "distance"
  | "distance_bound"
  | "neighbourhood"
  | "interior"
  | "rim_distance"
  | "rim_crude"
  | "sublevel_radius"
  | "geodesic_modulus"
  | "data_margin"
  | "bending"
  | "steepness"
  | "local_factor"
  | "validation_error"
  | "sample_distance"
  | "reference";
/** Lists, which are null where they would be long. */
export type Listed =
  | "outputs"
  | "theta"
  | "eigenvalues"
  | "velocity"
  | "motion"
  | "modes"
  | "modes_start"
  | "tracks"
  | "rates"
  | "jacobian"
  | "gradient"
  | "centre"
  | "anchor"
  | "samples"
  | "digits";
export type ColumnName = Scalar | Optional | Listed;

/** The columns of a lane: lists are missing where they would be long, optional scalars in runs without them. */
export type Columns = Record<Scalar | Optional, Column> & Partial<Record<Listed, Column>>;

/** A decoded record batch. */
export interface Batch {
  count: number;
  /** By name, `evaluations.f` for one inside a struct: all that the recording has. */
  scalars: Record<string, ArrayLike<number>>;
  /** Of a row; null where the list is null. */
  lists: Record<string, (index: number) => ArrayLike<number> | null>;
  status(index: number): string;
}

/** Why there is no answer. */
export interface Refusal {
  sentence: string;
}

/** The sheet of a run: a grid of parameters, row by row. */
export interface Surface {
  rows: number;
  columns: number;
  points: Float64Array;
  theta: Float64Array;
  jacobian: Float64Array;
  conditioning: number[];
  curvature: Float64Array;
  /** The run it is of. */
  run?: string;
}

/** The losses on a plane through a lane's θ. */
export interface Slice {
  lane: number;
  frame: number;
  theta: number[];
  directions: [number[], number[]];
  names: string[];
  reach: number;
  side: number;
  /** Row by row, NaN where it is not finite. */
  loss: number[];
}

/** Losses, and outputs where there are few, over a box of parameters. */
export interface Ground {
  low: number[];
  high: number[];
  shape: number[];
  loss: (number | null)[];
  outputs: number[][] | null;
}

/** What the networks of lanes are over inputs around the samples. */
export interface Functions {
  frame: number;
  lanes: number[];
  shape: number[];
  inputs: number[][];
  outputs: number[][][];
}

/** The layers of a lane's network in the metric of its descent. */
export interface Layers {
  lane: number;
  frame: number;
  widths: number[];
  metric: { output: string; mass: number };
  eta: number | null;
  overshoot: number | null;
  cosine: number | null;
  stretch: number | null;
  /** At which rate all layers together contract; null where nothing tells. */
  rates: { predicted: number; measured: number } | null;
  action: { action: number; least: number; drop: number } | null;
  coupling: (number | null)[][];
  layers: LayerOf[];
}

export interface LayerOf {
  sigma: (number | null)[];
  condition: number | null;
  metric: number[][] | null;
  multiplier_norm: number | null;
  gradient_norm: number | null;
  step_norm: number | null;
  rate: number | null;
  /** Errors of two forms of the same inverse, in single precision. */
  single: Record<string, number | null>;
}

/** Three modules and the wires between them, as the engine composes them. */
export interface Assembly {
  modules: { rate: number; bend: number }[];
  wires: { source: number; target: number; form: string; gain: number }[];
  horizon: number;
  seed?: number;
}

/** What an assembly promises beside what it does. */
export interface Composed {
  rates: number[];
  predicted: number;
  scales: number[];
  sampled: { rate: number; points: number };
  seen: { rate: number; points: number };
  time: number[];
  distance: number[];
  parts: number[][];
}

/** A curve or a mark of theory, in the units that were asked for. */
export interface Prediction {
  id: string;
  lane: number;
  form: "curve" | "mark";
  statement: string;
  assumption: string;
  formula: string;
  column: string;
  sense: "equal" | "at most" | "at least";
  tolerance: number;
  time: number[];
  expected: (number | null)[];
  measured: (number | null)[];
  applies: boolean[];
  until: number | null;
  why: string | null;
  verdict: Verdict;
}

export type Verdict = "holds" | "violated" | "does not apply" | "not reached";

/** What the page hands to a store beside its rows. */
declare module "./stream/store.mjs" {
  interface Store {
    units: Units;
    /** What was set by hand, by frame and solver. */
    tunes: Map<string, ToldTune>;
    /** What theory says of the run so far. */
    overlays?: Prediction[];
    /** Whether the run must not tell how it will go. */
    silent?: boolean;
    complete?: boolean;
    cut?: boolean;
    /** The time at which L* was lowered first. */
    lowered?: number;
    surface: Surface | null;
  }
}

// ---- Units ----------------------------------------------------------------------------------------------------------

/** A power of n and one of N. */
export interface Scale {
  name: string;
  samples: number;
  outputs: number;
}

export interface Norm extends Scale {
  squares: string;
  general: string;
  per: string;
}

export interface Clock extends Scale {
  letter: string;
  time: string;
  half: string;
  loss: string;
  title: string;
  columns?: undefined;
}

/** A clock that counts what a lane has spent: the sum of these columns. */
export interface Counter {
  name: string;
  columns: Scalar[];
  letter: string;
  title: string;
}

export interface Conventions {
  losses: Norm[];
  clocks: Clock[];
  counters: Counter[];
  scaled: string[];
  shares: number[];
  share: number;
}

export type Units = Convention;

// ---- The page -------------------------------------------------------------------------------------------------------

export interface Preset {
  name: string;
  group: string;
  title: string;
  verdicts: Record<string, Verdict>;
  slider: Tuned | null;
  spec: Spec;
}

/** A number of a spec that a slider moves. */
export interface Tuned {
  path: string;
  label: string;
  low: number;
  high: number;
  logarithmic: boolean;
}

export interface Extension {
  kind: string | null;
  fault: string | null;
  package: string;
}

export interface Caution {
  sentence: string;
  preset: string;
}

/** A panel as panels.json registers it. */
export interface PanelEntry {
  name: string;
  /** Its path in assets/. */
  module: string;
  /** Whether it is open unless an address says otherwise. */
  shown?: boolean;
  /** What it needs of a recording. */
  columns: string[];
  /** The columns of the predictions that it draws. */
  predictions?: string[];
  /** Whether only some runs have those columns: the panel itself says why there are none. */
  some?: boolean;
}

/** What a panel's module is given: `export function panel(setting): PanelView`. */
export interface Setting<Name extends keyof Words["panels"] = keyof Words["panels"]> {
  place: HTMLElement;
  /** All words of the page. */
  text: Words;
  /** Those of the panel. */
  words: Words["panels"][Name];
  choice: Choice;
  port: Port;
}

/** What the server has put into the page. */
export interface Boot {
  api: string;
  text: Words;
  formulas: Sentences;
  panels: PanelEntry[];
  speeds: number[];
  lessons: LessonPlan[];
  languages: string[];
  presets: Preset[];
  statuses: Sentences;
  conventions: Conventions;
  cautions: Record<string, Caution>;
  extensions: Extension[];
}

export interface LessonPlan {
  name: string;
  title: string;
  steps: LessonStep[];
}

/** A step of a lesson: docs/lessons.md. */
export interface LessonStep {
  title: string;
  text: string;
  preset?: string;
  spec?: Spec;
  panels?: string[];
  hide?: number[];
  speed?: number;
  loss?: string;
  clock?: string;
  pause?: number;
  question?: Question;
}

export interface Question {
  text: string;
  options: Option[];
  measures: Record<string, Measure>;
  /** The measure that decides which option is right. */
  decide: string;
  answer: string;
  until?: number;
}

export interface Option {
  text: string;
  is?: number | string;
  from?: number;
  to?: number;
}

/** A number or a word that is taken from a run. */
export interface Measure {
  kind: string;
  solver?: number;
  column?: ColumnName;
  index?: number;
  time?: number;
  from?: number;
  to?: number;
  below?: number;
  tell?: ColumnName;
  of?: Measure[];
}

/** Everything that a person chose: what is in the address. */
export interface Chosen {
  run?: string;
  preset?: string;
  spec?: Spec;
  tunes?: Tune[];
  hide: Set<number>;
  panels: string[];
  focus?: number;
  pair?: number[];
  pairing?: string;
  composition?: string;
  basis?: string;
  layers: Set<string>;
  camera?: number[];
  box?: number[];
  projector?: boolean;
  lang?: string;
  theme?: string;
  loss?: string;
  clock?: string;
  band?: string;
  share?: number | string;
  over?: string[];
  at?: number;
  speed: number;
  lesson?: string;
  step?: number;
  lock?: string[];
}

/** What an address asks for, and what of it could not be read, [name, text]. */
export type Address = Partial<Chosen> & { lost: [string, string][] };

/** The state of the page as views see it. */
export interface Choice {
  get<K extends keyof Chosen>(name: K): Chosen[K];
  set<K extends keyof Chosen>(name: K, value: Chosen[K]): void;
}

/** The element of an id. */
export type PlaceOf = (id: string) => HTMLElement;

// ---- Drawings -------------------------------------------------------------------------------------------------------

export type Scheme = "light" | "dark";

/** The inks of a theme, by the names of the style sheet's variables. */
export interface Ink {
  scheme: Scheme;
  text: string;
  dim: string;
  faint: string;
  grid: string;
  panel: string;
  accent: string;
  warn: string;
  bad: string;
  live: string;
  sphere: string;
  "sheet-low": string;
  "sheet-mid": string;
  "sheet-high": string;
  "sheet-line": string;
  "bend-low": string;
  "bend-mid": string;
  "bend-high": string;
}

export interface Style {
  color: string;
  dash: number[];
  marker: string;
}

/** How a lane is drawn now. */
export interface Look {
  lane: Lane;
  style: Style;
  shown: boolean;
  /** Whether its solver is the one that a person looks at. */
  chosen?: boolean;
}

/** A lane on a picture of paths. */
export interface PathRun extends Look {
  trail: Trail;
}

/** Where the marks of a picture of paths are, in pixels. */
export interface Marks {
  target: Point | null | undefined;
  best: Point | null | undefined;
  start: Point[];
}

/** Pixels. */
export interface Point {
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Box extends Point, Size {}

/** A place for words and the unit direction in which an arrow leaves there. */
export interface Exit extends Point {
  dx: number;
  dy: number;
}

/** Words at an anchor. */
export interface Label extends Box {
  key: string | number;
  text: string;
  color: string;
  size?: number;
}

/** Where names stood last, by their keys. */
export type Memory = Map<string | number | undefined, unknown>;

/** What a panel says beside its curves: at a place, or beside one of `anchors` where there is room. */
export interface Note {
  text: string;
  x?: number;
  y?: number;
  align?: Align;
  key?: string;
  color?: string;
  anchors?: Point[];
  /** Whether it stands wherever there is no room, too. */
  must?: boolean;
}

export type Align = "left" | "right" | "center";

export type AxisKind = "log" | "linear" | "symlog";

/**
 * A range on a scale: `low` and `high` are exponents on a logarithmic one and values on a linear one; on a symmetric
 * logarithmic one, which is linear up to about `unit`, they are coordinates (scale.mjs).
 */
export interface Axis {
  kind: AxisKind;
  low: number;
  high: number;
  unit?: number;
}

/** A number of an axis. */
export interface Tick {
  value: number;
  text: string;
}

/** The least and the greatest value that is drawn; Infinity and −Infinity where nothing is. */
export interface Seen {
  least: number;
  greatest: number;
}

/** From data to pixels, and the edges of the plot. */
export interface Scales {
  left: number;
  right: number;
  top: number;
  bottom: number;
  x(value: number): number;
  y(value: number): number;
}

/** The edges of a picture, in pixels. */
export interface Edges {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Those of a chart. */
export interface ChartScales extends Scales {
  /** Where 0 stands on a logarithmic axis. */
  zero: number;
  /** The lower edge of what is below the curves. */
  base: number;
  /** Whether the clock is logarithmic. */
  log: boolean;
  /** The axis upwards. */
  axis: Axis;
  /** All that pixels depend on. */
  mark: string;
  at(x: number): number;
}

/** Numbers of a curve: row k is `data[k·width + offset]`. */
export interface Source {
  data: ArrayLike<number>;
  width?: number;
  offset?: number;
}

/** A curve of a lane in a chart. */
export interface Curve {
  /** What its values are measured in. */
  quantity: string;
  column: { data: ArrayLike<number> };
  offset: number;
  width: number;
  /** Of its line. */
  weight: number;
  /** Behind the lane's own name. */
  name: string;
  /** Its own times, where its points are no rows of the lane. */
  own?: { time: number[] };
  /** What stands at its end. */
  end?: string;
  faint?: boolean;
}

/** A lane in a chart: its curves over its first `count` rows. */
export interface LaneCurves extends Look {
  count: number;
  parts: Curve[];
}

/** A strip under a chart. */
export interface Facet {
  title: string;
  axis: Axis;
  /** Left of it, moved down by `shift` pixels. */
  numbers: (Tick & { shift?: number })[];
  /** A value at which a rule is drawn. */
  baseline?: number;
  /** Pixels over it, for its name. */
  gap?: number;
  /** Draws the curves, which are cut off at the strip's edges. */
  draw(y: (value: number) => number, edges: Edges): void;
  /** Draws what is not cut off, and says how much that is. */
  mark?(y: (value: number) => number, edges: Edges): number;
}

/** A chart that is being drawn. */
export interface Drawn {
  layer: Layer;
  scales: ChartScales;
  frame: number;
  store: Store;
  looks: Look[];
  ink: Ink;
}

/** What a chart shows: which curves a lane has, where its axis starts, what is drawn behind and below. */
export interface Panel {
  name: string;
  /** How values become pixels: "log" unless it says otherwise. */
  scale?: AxisKind;
  /** Where the axis begins; a linear and a symmetric one take both ends from their first values without. */
  low?: number;
  high?: number;
  /** Where a symmetric logarithmic axis turns linear. */
  unit?: number;
  /** A value at which a rule is drawn, and which a linear axis holds. */
  baseline?: number;
  /** Two values between which the chart is shaded. */
  band?: [number, number];
  /** Powers of ten that a logarithmic axis is longer than what is drawn: 1 unless it says otherwise. */
  room?: number;
  floor?: number;
  /** Whether 0 is on a logarithmic axis. */
  zero?: boolean;
  /** Whether what was set by hand is marked at its value. */
  tuned?: boolean;
  /** Whether names may stand far from their heads. */
  leaders?: boolean;
  endings?: Sentences;
  /** The share of the height that the curves keep, where strips are below them. */
  readonly strips?: number | undefined;
  /** The share of the height above the curves that is the panel's own. */
  strip?: number;
  choose?(layers: Set<string>): void;
  curves(lane: Lane, store: Store, count: number): Curve[];
  backdrop?(drawing: Drawn): void;
  /** Strips under the curves, on the same clock. */
  facets?(drawing: Drawn, range: { low: number; high: number }): Facet[];
  notes?(drawing: Pick<Drawn, "layer" | "scales" | "frame" | "store">): Note[];
  theory?(store: Store, looks: Look[]): (string | number)[][];
  /** Of a lane at a row, what the panel is about, for readers; else its first curve. */
  said?(lane: Lane, count: number): string;
}

/** The drawings of the page as exports see them. */
export interface Drawings {
  store: Store;
  looks: Look[];
  text: Words;
  views: Record<string, View>;
  stage?: { words: Head } | null;
  /** The stage of this run once more, in another place. */
  anotherStage(place: HTMLElement): FilmedStage | null;
}

export type FilmedStage = View & {
  layer: Layer;
  renderer?: { dispose(): void; forceContextLoss(): void };
};

/** Rows under the names of their columns. */
export interface Table {
  columns: string[];
  rows: (string | number)[][];
}

/** What a pointer's place on the clock marks in a view. */
export interface Pointed {
  lane: number;
  row: number;
  x?: number;
  y?: number;
  value?: number;
  color?: string;
}

/** How much of a lane a view has drawn, and where its head is. */
export interface DrawnLane {
  points: number;
  last: Point | null;
}

/** Another run behind the one that is shown. */
export interface Ghost {
  store: Store;
  /** The flow time of the run from which it is drawn. */
  since: number;
  /** Its letter. */
  mark: string;
  name: string;
}

/** A lane of a ghost. */
export interface GhostLane extends Ghost {
  lane: Lane;
  style: Style;
}

/** A chart as what is drawn in it knows it. */
export interface ChartPicture {
  place: HTMLElement;
  panel: Panel;
  layer: Layer;
  axes: { plot: { data: unknown[] }; scales(): ChartScales };
  meta: Meta;
  units: Units;
  inks: Ink;
  ghosts: GhostLane[];
  /** The curves of ghosts, in pixels. */
  haunts: WeakMap<Lane, { key: string; curves: Float32Array[] }>;
  /** Along its curves, for names to keep clear of. */
  beads: Box[];
  /** Names at the ends of its curves. */
  ends: (Point & { text: string; color: string })[];
  cursor?: number | null;
  onPoint?(place: number | null): void;
}

/** What a stage and a panel of the deck are to the page. */
export interface View {
  stale?: boolean;
  drawn: DrawnLane[];
  pointed?: Pointed[];
  cursor?: number | null;
  ghosts?: GhostLane[];
  layer?: Layer;
  /** What is drawn under its layers. */
  axes?: object & { svg?(width: number, height: number): Promise<string> };
  onPoint?(place: number | null): void;
  ink(ink: Ink): void;
  draw(store: Store, frame: number, looks: Look[]): void;
  heads?(store: Store, frame: number, looks: Look[]): number[];
  resurface?(surface: Surface): void;
  settle?(): void;
  commit?(store: Store, frame: number, looks: Look[]): void;
  table?(store: Store, frame: number, looks: Look[]): Table | null;
  choose?(layers: Set<string>): void;
  raster?(ratio: number): string;
  /** Of a lane at a row, what the panel is about, for readers: a number, or a text of several. */
  said?(lane: Lane, count: number, store: Store): string;
  /** The same of a panel that is about no single lane. */
  spoken?(): string | undefined;
}

/**
 * A view of the deck: `show` for a new run or other units, `again` for another run on the same axes. Without `heads`,
 * the pixels of what moves, it is drawn at every frame. It draws on Layers that are its properties: a picture records
 * them, over `axes.svg()` and `raster()` where it has them.
 */
export interface PanelView extends View {
  show(store: Store, ink: Ink): unknown;
  again?(store: Store): void;
}
