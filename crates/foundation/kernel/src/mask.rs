//! What screens show of personal numbers and names.

/// `13851234567` → `138****4567`; shorter numbers keep their last two digits at most.
#[must_use]
pub fn mask_phone(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().collect();
    match digits.len() {
        0..=2 => "*".repeat(digits.len()),
        3..=7 => keep(&digits, 0, 2),
        _ => keep(&digits, 3, 4),
    }
}

/// `320102195001011234` → `3201**********1234`.
#[must_use]
pub fn mask_id_number(number: &str) -> String {
    let chars: Vec<char> = number.chars().collect();
    if chars.len() < 12 { "*".repeat(chars.len()) } else { keep(&chars, 4, 4) }
}

/// `张三丰` → `张**`: the family name only.
#[must_use]
pub fn mask_name(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    keep(&chars, 1, 0)
}

fn keep(chars: &[char], head: usize, tail: usize) -> String {
    let hidden_to = chars.len().saturating_sub(tail);
    chars.iter().enumerate().map(|(i, c)| if i < head || i >= hidden_to { *c } else { '*' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_hide_the_middle() {
        assert_eq!(mask_phone("13851234567"), "138****4567");
        assert_eq!(mask_phone("12345"), "***45");
        assert_eq!(mask_id_number("320102195001011234"), "3201**********1234");
        assert_eq!(mask_name("张三丰"), "张**");
    }
}
