//! One form for what looks the same: half width, lower case.

/// Folds full-width letters, digits, signs and blanks to half width, circled and bracketed numbers to digits, the common
/// square units to letters, and everything to lower case. The common ranges of Unicode NFKC; ideographs stay as they are.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{3000}' | '\u{00A0}' | '\u{2002}'..='\u{200A}' => out.push(' '),
            '\u{FF01}'..='\u{FF5E}' => half_width(c).to_lowercase().for_each(|l| out.push(l)),
            // ①..⑳ and ⑴..⒇
            '\u{2460}'..='\u{2473}' => out.push_str(&u32::from(c).saturating_sub(0x245F).to_string()),
            '\u{2474}'..='\u{2487}' => out.push_str(&u32::from(c).saturating_sub(0x2473).to_string()),
            '㎡' => out.push_str("m2"),
            '㎥' => out.push_str("m3"),
            '㎝' => out.push_str("cm"),
            '㎏' => out.push_str("kg"),
            // Invisible: joins what it stands between.
            '\u{200B}'..='\u{200D}' | '\u{FEFF}' => {}
            _ => c.to_lowercase().for_each(|l| out.push(l)),
        }
    }
    out
}

fn half_width(c: char) -> char {
    u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn common_ranges_are_folded() {
        assert_eq!(fold("（Ａ１）　㎡ ①⑳⑴"), "(a1) m2 1201");
        assert_eq!(fold("\u{FEFF}井\u{200B}盖"), "井盖");
    }
}
