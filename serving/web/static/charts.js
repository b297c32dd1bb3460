// Draws the charts of a page: data-charts names where their Vega-Lite data are, data-chart a place for one.
"use strict"

const charts = { views: {} }

charts.theme = () => matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"

charts.draw = async (place, query) => {
  query.set("theme", charts.theme())
  const answer = await fetch(`${place.dataset.charts}?${query}`, { headers: { Accept: "application/json" } })
  if (!answer.ok) return
  const specs = await answer.json()
  for (const target of place.querySelectorAll("[data-chart]")) {
    const spec = specs[target.dataset.chart]
    target.hidden = !spec
    if (!spec) continue
    target.setAttribute("role", "img")
    target.setAttribute("aria-label", spec.title)
    const { view } = await vegaEmbed(target, spec, {
      mode: "vega-lite", renderer: "svg", actions: false, defaultStyle: false,
      // The page's policy allows no code made from text, and no styles but ours.
      ast: true, tooltip: { disableDefaultStyle: true },
    })
    charts.views[target.dataset.chart] = view
  }
}

charts.signal = (name, signal, value) => {
  const view = charts.views[name]
  if (view) view.signal(signal, value).runAsync()
}

charts.data = (name, set, rows) => {
  const view = charts.views[name]
  if (view) view.data(set, rows).resize().runAsync()
}
