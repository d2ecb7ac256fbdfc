use std::collections::BTreeSet;

use linli_rulebook::RuleError;

fn keys(text: &str) -> BTreeSet<&str> {
    text.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key).collect()
}

#[test]
fn both_languages_have_every_text() {
    let zh = keys(include_str!("../../locales/zh-CN.ftl"));
    assert_eq!(zh, keys(include_str!("../../locales/en.ftl")));
    for code in RuleError::CODES {
        assert!(zh.contains(code.text_key().as_str()), "{}", code.name);
    }
}
