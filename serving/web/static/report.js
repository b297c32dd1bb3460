// Charts of the report, each with its own picture to keep; fields that only matter for some choices.
"use strict"

{
  const draw = () => {
    for (const place of document.querySelectorAll("[data-charts]")) {
      charts.draw(place, new URLSearchParams(location.search))
    }
  }
  draw()
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw)

  const chosen = document.getElementById("window")
  const follow = () => {
    for (const field of document.querySelectorAll("[data-when]")) field.hidden = field.dataset.when !== chosen.value
  }
  chosen.addEventListener("change", follow)
  follow()
}
