// The calibration plots of the model that is looked at.
"use strict"

for (const place of document.querySelectorAll("[data-charts]")) {
  const draw = () => charts.draw(place, new URLSearchParams(location.search))
  draw()
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw)
}
