/** One line drawing per category, on a 48 × 48 grid. */
const paths = {
  cups: "M10 16h22v12a9 9 0 0 1-9 9h-4a9 9 0 0 1-9-9zM32 19h3a5 5 0 0 1 0 10h-3M16 11c0-3 3-3 3-6M24 11c0-3 3-3 3-6",
  pots: "M12 20h20l2 14a5 5 0 0 1-5 5H15a5 5 0 0 1-5-5zM14 20l2-6h12l2 6M22 14v-4M34 24l7-4M11 24c-8 0-8 9 0 9",
  kettles: "M13 22a9 9 0 0 1 18 0l4 16H9zM31 24l8-6M14 16c2-9 14-9 16 0M22 13v-3",
  tea: "M24 41c-14-4-16-20-2-33 13 12 14 27 2 33zM24 41c0-10-1-19-2-26M24 27l6-5M23 32l-7-6",
  coffee: "M15 36C6 28 10 12 24 8c13 3 16 20 5 29-5 4-10 3-14-1zM15 36c8-4 2-20 14-26",
  machines: "M10 9h28v9H10zM13 18v21h24v-8M20 18v5h8v-5M22 28h9v7h-9zM34 13h.5",
};

/** The drawing of a category as an SVG element. */
export function icon(category) {
  const svgNamespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(svgNamespace, "svg");
  svg.setAttribute("viewBox", "0 0 48 48");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svgNamespace, "path");
  path.setAttribute("d", paths[category] ?? paths.cups);
  svg.append(path);
  return svg;
}
