//! The one icon set, as inline SVG. A word stands beside every icon, so icons are hidden from screen readers.

use std::fmt;

use crate::icon_data::SHAPES;

/// An icon, ready to stand in a template: `{{ linli_webkit::icon("phone") }}`.
#[derive(Debug, Clone, Copy)]
pub struct Icon(&'static str);

/// The icon of this name (Lucide's names). A name that is not in the set draws nothing.
#[must_use]
pub fn icon(name: &str) -> Icon {
    let found = SHAPES.binary_search_by(|(n, _)| (*n).cmp(name)).ok().and_then(|i| SHAPES.get(i));
    Icon(found.map_or("", |(_, shape)| *shape))
}

/// The shape that goes with a state (`act`, `soon`, `well`, `info`, anything else): never colour alone.
#[must_use]
pub fn state_icon(state: &str) -> Icon {
    icon(match state {
        "act" => "octagon-alert",
        "soon" => "clock",
        "well" => "circle-check",
        "info" => "info",
        _ => "circle",
    })
}

impl fmt::Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(
            f,
            r#"<svg class="icon" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{}</svg>"#,
            self.0
        )
    }
}

impl askama::filters::HtmlSafe for Icon {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_is_sorted_and_found() {
        assert!(SHAPES.is_sorted_by(|a, b| a.0 < b.0));
        for state in ["act", "soon", "well", "info", "plain"] {
            assert!(state_icon(state).to_string().contains("aria-hidden"), "{state}");
        }
        assert_eq!(icon("no-such").to_string(), "");
    }
}
