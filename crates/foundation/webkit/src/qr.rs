//! QR codes as SVG, for screens and for paper.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::error::AppError;

/// A QR code of the text as an SVG element without size of its own (CSS gives it one), error correction M (15 %), quiet zone of 4.
///
/// # Errors
/// `web.internal` when the text is longer than a QR code can hold (2,331 bytes).
pub fn qr_svg(text: &str) -> Result<String, AppError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(AppError::internal)?;
    let drawn = code
        .render::<svg::Color<'_>>()
        .quiet_zone(true)
        .dark_color(svg::Color("#000000"))
        .light_color(svg::Color("#ffffff"))
        .build();
    let element = drawn.split_once("<svg").map_or(drawn.as_str(), |(_, rest)| rest);
    Ok(format!(r#"<svg class="qr" role="img" aria-label="QR" {}"#, without_size(element)))
}

/// The attributes `width="…" height="…"` dropped from the opening tag; `viewBox` stays.
fn without_size(element: &str) -> String {
    let (head, body) = element.split_once('>').unwrap_or((element, ""));
    let kept: Vec<&str> = head.split_whitespace().filter(|a| !a.starts_with("width=") && !a.starts_with("height=")).collect();
    format!("{}>{body}", kept.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_scales_and_has_a_view_box() {
        let svg = qr_svg("https://linli.example/e/7k2m").unwrap();
        let head = svg.split_once('>').unwrap().0;
        assert!(head.contains("viewBox") && !head.contains(" width="), "{head}");
        assert!(svg.ends_with("</svg>"));
        assert!(qr_svg(&"x".repeat(3_000)).is_err());
    }
}
