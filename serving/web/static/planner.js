// Sliders beside their fields, and charts that follow. Numbers come from the server: nothing is computed here.
"use strict"

{
  const form = document.getElementById("draft")
  const place = document.getElementById("charts")
  const fieldOf = slider => form.elements[slider.dataset.for]
  const sliders = [...form.querySelectorAll("input[type=range]")]

  const shown = slider => {
    const value = parseFloat(fieldOf(slider).value.replaceAll(",", ""))
    if (Number.isNaN(value)) return
    slider.value = "logarithmic" in slider.dataset ? Math.log10(Math.max(value, slider.min10)) : value
    slider.setAttribute("aria-valuetext", fieldOf(slider).value)
    if (slider.dataset.for.startsWith("t.")) charts.signal(slider.dataset.for, "draft", value / 100)
  }

  const typed = slider => {
    if (!("logarithmic" in slider.dataset)) return String(Number(slider.value))
    const value = 10 ** slider.value
    return String(Number(value.toPrecision(value < 1000 ? 2 : 3)))
  }

  for (const slider of sliders) {
    if ("logarithmic" in slider.dataset) {
      slider.min10 = Number(slider.min)
      const most = Math.max(Number(slider.max), parseFloat(fieldOf(slider).value) || 0)
      slider.min = Math.log10(slider.min10)
      slider.max = Math.log10(most)
      slider.step = 0.01
    }
    slider.hidden = false
    slider.addEventListener("input", event => {
      event.stopPropagation() // the field speaks for both
      fieldOf(slider).value = typed(slider)
      fieldOf(slider).dispatchEvent(new Event("input", { bubbles: true }))
    })
    fieldOf(slider).addEventListener("input", () => shown(slider))
    shown(slider)
  }

  let speaking
  const follow = () => {
    const numbers = document.querySelector("#numbers .numbers")
    if (!numbers) return
    const point = numbers.dataset.point
    charts.data("curve", "draft_point", point ? [JSON.parse(point)] : [])
    clearTimeout(speaking)
    speaking = setTimeout(() => document.getElementById("spoken").textContent = numbers.dataset.summary, 800)
  }

  const draw = () => charts.draw(place, new URLSearchParams(new FormData(form))).then(() => sliders.forEach(shown))
  let drawn = document.querySelector("#numbers .numbers") !== null
  if (drawn) draw()
  document.addEventListener("htmx:after:swap", () => {
    follow()
    if (!drawn && document.querySelector("#numbers .numbers")) {
      drawn = true
      draw()
    }
  })
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw)
}
