//! What every page must keep, whoever looks at it: nothing that axe finds, no sideways scrolling, targets that a thumb hits, and
//! letters that an older person can read.

use anyhow::Context as _;
use serde_json::Value;

use crate::window::Window;

/// axe-core, as its makers publish it.
const AXE: &str = include_str!("../vendor/axe-core/axe.min.js");
/// The rules of WCAG 2.2 A and AA in axe's words.
pub const AXE_TAGS: [&str; 5] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/// What a page must keep.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Smallest target in CSS pixels.
    pub tap: u32,
    /// Smallest letters in CSS pixels.
    pub letters: u32,
}

impl Rules {
    /// The rules of the normal or the elder mode.
    #[must_use]
    pub const fn of(elder: bool) -> Self {
        if elder { Self { tap: 60, letters: 18 } } else { Self { tap: 44, letters: 14 } }
    }
}

const MEASURE: &str = r##"
// At the end of a page a bar that sticks to the edge of the window lies where it belongs, over nothing.
scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
const [tap, letters] = [TAP, LETTERS], found = [];
const shown = (el) => el.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !el.closest(".visually-hidden, .skip, svg");
const name = (el) => el.tagName.toLowerCase() + (el.id ? "#" + el.id : "") + (el.className && typeof el.className === "string" ? "." + el.className.trim().replace(/\s+/g, ".") : "") + " “" + (el.innerText ?? el.value ?? "").trim().slice(0, 30) + "”";
// A phone zooms out of what is too wide, and innerWidth grows with it: the width the page was laid out for does not.
const root = document.documentElement, width = root.clientWidth;
if (root.scrollWidth > width) {
  const wide = [...document.body.querySelectorAll("*")].filter((el) => shown(el) && el.getBoundingClientRect().right > width + 1 && !el.parentElement.closest(".table-wrap, .nav"));
  found.push("scrolls sideways: " + root.scrollWidth + " > " + width + " by " + wide.slice(0, 3).map(name).join(", "));
}
for (const el of document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden]), label.choice")) {
  if (!shown(el)) continue;
  // A tick is hit through its label; a link within a sentence is as high as its line.
  if (el.matches("input[type=radio], input[type=checkbox], input[type=file]") && el.closest("label, .photo-input")) continue;
  const style = getComputedStyle(el);
  if (el.tagName === "A" && style.display === "inline" && el.parentElement.innerText.trim().length > el.innerText.trim().length + 3) continue;
  const box = el.getBoundingClientRect();
  if (!box.width || !box.height) continue;
  if (box.height < tap - 0.5) found.push("too low to hit (" + box.height.toFixed(1) + " px): " + name(el));
  else if (box.width < tap - 0.5 && el.tagName !== "A") found.push("too narrow to hit (" + box.width.toFixed(1) + " px): " + name(el));
}
const small = new Map();
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const el = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !el || el.matches("script, style, option") || !shown(el)) continue;
  const size = parseFloat(getComputedStyle(el).fontSize);
  if (size < letters - 0.01) small.set(name(el), size);
}
for (const [who, size] of [...small].slice(0, 5)) found.push("letters of " + size + " px: " + who);
return found;
"##;

/// Judges the page the window shows; every fault is a line.
///
/// # Errors
/// The page cannot be judged.
pub async fn audit(window: &Window, rules: Rules) -> anyhow::Result<Vec<String>> {
    let measure = MEASURE.replace("TAP", &rules.tap.to_string()).replace("LETTERS", &rules.letters.to_string());
    let measured = window.driver().execute(measure, Vec::new()).await.context("measuring")?.json().clone();
    let mut faults: Vec<String> = serde_json::from_value(measured)?;
    if !window.js("typeof window.axe === 'object'").await?.as_bool().unwrap_or(false) {
        window.driver().execute(AXE, Vec::new()).await.context("axe does not start")?;
    }
    let tags = serde_json::to_string(&AXE_TAGS)?;
    let script = format!(
        "const done = arguments[arguments.length - 1]; axe.run(document, {{ preload: false, iframes: false, runOnly: {{ type: 'tag', values: {tags} }}, resultTypes: ['violations'] }}).then((r) => done({{ passes: r.passes.length, found: r.violations.map((v) => v.id + ': ' + v.help + ' — ' + v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' (' + n.any.concat(n.all, n.none).map((c) => c.message).slice(0, 1).join('') + ')').join('; ')) }}), (e) => done({{ error: String(e) }}));"
    );
    let answer = window.js_async(&script).await?;
    let found = answer.get("found").with_context(|| format!("axe broke off: {answer}"))?;
    // An audit in which no rule applied has looked at nothing.
    if answer.get("passes").and_then(Value::as_u64).unwrap_or(0) < 5 {
        faults.push(format!("axe had nothing to look at: {answer}"));
    }
    faults.extend(serde_json::from_value::<Vec<String>>(found.clone())?.into_iter().map(|line| format!("axe {line}")));
    Ok(faults)
}
