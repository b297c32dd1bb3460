// The review page, made quicker: keys, jumps in the clip, marks, a claim that is kept, a draft that stays.
// Without it the page is a plain form and works as well.

const review = document.getElementById("review")
const form = document.getElementById("decision")
const clip = document.getElementById("clip")
const job = review.dataset.job
const DRAFT = "tamis-review:", KEYS = "tamis-review-keys", SPEED = "tamis-review-speed"

for (const element of document.querySelectorAll(".scripted")) element.hidden = false

// The clip.

function jump(to) {
  if (!clip) return
  const end = Number.isFinite(clip.duration) ? clip.duration : to
  clip.currentTime = Math.max(0, Math.min(to, end))
}

function setSpeed(speed) {
  clip.playbackRate = clip.defaultPlaybackRate = Number(speed)
  localStorage.setItem(SPEED, speed)
  for (const button of document.querySelectorAll("[data-speed]")) {
    button.setAttribute("aria-pressed", String(button.dataset.speed === speed))
  }
}

function changeSpeed(step) {
  const speeds = [...document.querySelectorAll("[data-speed]")].map(button => button.dataset.speed)
  const place = speeds.indexOf(String(clip.playbackRate)) + step
  if (speeds[place]) setSpeed(speeds[place])
}

function toggle() {
  if (clip.paused) clip.play().catch(() => {}) // a file that cannot be played says so itself
  else clip.pause()
}

for (const button of document.querySelectorAll("[data-jump]")) {
  button.addEventListener("click", () => jump(Number(button.dataset.jump)))
}
if (clip) {
  for (const button of document.querySelectorAll("[data-speed]")) {
    button.addEventListener("click", () => setSpeed(button.dataset.speed))
  }
  const last = localStorage.getItem(SPEED)
  if (last && document.querySelector(`[data-speed="${last}"]`)) setSpeed(last)
}

// Marks.

const rows = [...document.querySelectorAll(".mark-row")]
const field = (row, name) => row.querySelector(`[name^="${name}."]`)
const empty = row => !field(row, "start").value && !field(row, "end").value

// What is filled, and one more.
function showRows() {
  const filled = rows.findLastIndex(row => !empty(row))
  rows.forEach((row, place) => { row.hidden = place > filled + 1 })
}

function clock(seconds) {
  const all = Math.floor(seconds), two = number => String(number).padStart(2, "0")
  const hours = Math.floor(all / 3600), minutes = Math.floor(all / 60) % 60
  return hours ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`
}

function mark(which) {
  if (!clip) return
  const filled = rows.findLastIndex(row => !empty(row))
  const row = which === "end" ? rows[Math.max(filled, 0)] : rows[filled + 1]
  if (!row) return
  choose(form.querySelector('[name=verdict][value="violation"]'))
  field(row, which).value = clock(clip.currentTime)
  changed()
}

for (const button of document.querySelectorAll("[data-mark]")) {
  button.addEventListener("click", () => mark(button.dataset.mark))
}

// What is typed stays on this machine until the job is done.

function changed() {
  showRows()
  sessionStorage.setItem(DRAFT + job, JSON.stringify([...new FormData(form)]))
}

function restore() {
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith(DRAFT) && name !== DRAFT + job) sessionStorage.removeItem(name)
  }
  const draft = review.dataset.kept === "yes" && sessionStorage.getItem(DRAFT + job)
  for (const [name, value] of draft ? JSON.parse(draft) : []) {
    for (const control of form.elements) {
      if (control.name !== name || control.type === "hidden") continue
      if (control.type === "radio" || control.type === "checkbox") control.checked ||= control.value === value
      else control.value = value
    }
  }
  showRows()
}

form.addEventListener("input", changed)
restore()

// Sending once is enough.
form.addEventListener("submit", () => { form.querySelector(".decide").disabled = true })
window.addEventListener("pageshow", () => { form.querySelector(".decide").disabled = false })

// The claim is kept while somebody looks at the page.

const alarm = document.querySelector("[data-alert]")

function say(text) {
  if (alarm.textContent !== text) alarm.textContent = text
  alarm.hidden = !text
}

async function renew() {
  if (document.hidden) return
  try {
    const answer = await fetch("/review/renew.json", { method: "POST", body: new URLSearchParams({ job }) })
    if (answer.ok) {
      document.querySelector("[data-until]").textContent = (await answer.json()).until
      say("")
    } else {
      say([401, 403, 404, 409].includes(answer.status) ? alarm.dataset.lost : alarm.dataset.away)
    }
  } catch {
    say(alarm.dataset.away)
  }
}

const pause = Math.min(300, Math.max(1, Number(review.dataset.lease) / 3))
setInterval(renew, pause * 1000)
document.addEventListener("visibilitychange", renew)

// Keys. Letters are those of the keyboard, so that they work while Hangul is being typed.

const keysOn = document.getElementById("keys-on")
keysOn.checked = localStorage.getItem(KEYS) !== "off"
keysOn.addEventListener("change", () => localStorage.setItem(KEYS, keysOn.checked ? "on" : "off"))

function choose(control) {
  control.checked = control.type === "radio" || !control.checked
  if (control.type === "checkbox") form.querySelector('[name=verdict][value="violation"]').checked = true
  changed()
}

function letter(event) {
  if (/^[a-z0-9]$/i.test(event.key)) return event.key.toUpperCase()
  return /^(Key|Digit|Numpad)(.)$/.exec(event.code)?.[2] ?? ""
}

const reason = form.querySelector("textarea")
const MOVES = {
  "/": () => { reason.focus() },
  " ": clip && toggle,
  ArrowLeft: clip && (() => jump(clip.currentTime - 5)),
  ArrowRight: clip && (() => jump(clip.currentTime + 5)),
  ",": clip && (() => changeSpeed(-1)),
  ".": clip && (() => changeSpeed(1)),
  Enter: () => form.requestSubmit(),
}

document.addEventListener("keydown", event => {
  const at = event.target, writes = at.matches("textarea, select, input:not([type=radio], [type=checkbox])")
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault()
    form.requestSubmit()
  } else if (event.key === "Escape" && writes) {
    at.blur()
  }
  if (writes || !keysOn.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
  const pressed = letter(event)
  const wanted = pressed && form.querySelector(`[data-keys*="${pressed}"]`)
  // What has the focus keeps the keys it needs.
  const busy = at.matches("a, button, summary, input, video") && /^( |Enter|Arrow.*)$/.test(event.key)
  const move = MOVES[event.key]
  if (pressed === "M" && clip && !event.repeat) mark(event.shiftKey ? "end" : "start")
  else if (wanted && !event.repeat) choose(wanted)
  else if (move && !busy) move()
  else return
  event.preventDefault()
})
