// Libraries in vendor/ that come without types: what the page uses of them is not checked.

declare module "d3-contour";
declare module "gifenc";
declare module "katex";
declare module "mediabunny";
declare module "svgcanvas";

declare module "three/orbit" {
  export * from "three/addons/controls/OrbitControls.js";
}

interface Window {
  Arrow: any;
  Plotly: any;
  dash_clientside: any;
}
