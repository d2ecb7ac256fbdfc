//! Finds the text keys that templates and sources use, so that a test can say which do not exist.

const CALLS: [&str; 5] = ["t.s(", "t.n(", "t.v(", "t.with(", "t.opt("];

/// The keys in `t.s("…")`, `t.n("…"`, `t.v("…"`, `t.with("…"` and `t.opt("…"`. A key that is computed is not seen.
#[must_use]
pub fn used_keys(source: &str) -> Vec<String> {
    CALLS.iter().flat_map(|call| source.match_indices(call).filter_map(|(at, _)| key_after(source, at, call.len()))).collect()
}

fn key_after(source: &str, at: usize, length: usize) -> Option<String> {
    let before = source.get(..at)?.chars().next_back();
    if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let literal = source.get(at + length..)?.trim_start().strip_prefix('"')?;
    literal.split_once('"').map(|(key, _)| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_calls_on_the_handle_count() {
        let source = r#"{{ t.s("a") }} {{ shell.t.with("b", &[]) }} {{ list.s("no") }} part.s("no") {{ t.s(key) }}"#;
        assert_eq!(used_keys(source), ["a", "b"]);
    }
}
