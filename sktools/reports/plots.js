"use strict";
// Draws each plot of `plots` into the element plot-<name>, in the colours of the page's theme.
function skThemed(plot) {
  const style = (name, other) => getComputedStyle(document.documentElement).getPropertyValue(name).trim() || other;
  const ink = getComputedStyle(document.body).color;
  const axis = { gridcolor: style("--grid", "rgba(128,140,160,.25)"), zerolinecolor: style("--grid", "rgba(128,140,160,.25)"),
    linecolor: style("--line", "rgba(128,140,160,.5)") };
  const data = plot.data.map(trace => trace.type === "heatmap" ? Object.assign({}, trace, { textfont: { color: ink } }) : trace);
  const layout = Object.assign({}, plot.layout, { font: { color: style("--soft", ink), family: "system-ui, sans-serif", size: 12 },
    xaxis: Object.assign({}, plot.layout.xaxis, axis), yaxis: Object.assign({}, plot.layout.yaxis, axis) });
  return [data, layout];
}
function skDraw(plots) {
  for (const [name, plot] of Object.entries(plots)) {
    const place = document.getElementById("plot-" + name);
    if (place) Plotly.react(place, ...skThemed(plot), { responsive: true, displayModeBar: false });
  }
}
function skShow(plots) {
  skDraw(plots);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => skDraw(plots));
  new MutationObserver(() => skDraw(plots)).observe(document.body, { attributes: true, attributeFilter: ["data-md-color-scheme"] });
}
