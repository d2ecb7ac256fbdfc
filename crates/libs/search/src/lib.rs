//! Chinese full-text search without a dictionary: single characters and pairs of neighbours as tokens.
//!
//! What always holds here: the same text gives the same tokens on every database and in every locale; a token consists
//! of letters and digits only, so it passes through FTS5's `unicode61` tokeniser whole and can never be read as query syntax;
//! a text that contains the query as written contains all tokens of the query.
//!
//! The converse does not hold: `二七横路9号` also matches a text with `横路`, `二七`, `七横`, `9` and `号` in other places.
//! Lists that must be exact re-check each hit with [`Query::confirms`].

mod block;
mod fold;

pub use block::{BLOCK_TEXTS, Block};
pub use fold::fold;

use std::collections::HashSet;

/// The longest word kept as one token, in characters; what is longer is cut, in the index and in the query alike.
const LONGEST_WORD: usize = 64;
/// How many tokens of a query are used; the rest of a pasted page narrows nothing further.
const MOST_QUERY_TOKENS: usize = 64;

/// A stretch of one kind of writing.
enum Run {
    /// Characters written without spaces between words.
    Ideographs(Vec<char>),
    /// A word or a number.
    Word(String),
}

/// All tokens of a text for the index, each once, in the order of first appearance: every ideograph, every pair of
/// neighbouring ideographs, every word and number in lower case and half width.
#[must_use]
pub fn tokens(text: &str) -> Vec<String> {
    let mut out = Tokens::default();
    for run in runs(text) {
        match run {
            Run::Word(word) => out.push(word),
            Run::Ideographs(chars) => {
                for c in &chars {
                    out.push(spell(&[*c]));
                }
                for pair in chars.windows(2) {
                    out.push(spell(pair));
                }
            }
        }
    }
    out.list
}

/// The tokens of a text, separated by blanks, for a column of an FTS5 table with the `unicode61` tokeniser.
#[must_use]
pub fn index_text(text: &str) -> String {
    tokens(text).join(" ")
}

/// What somebody looks for, ready for both databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Every token must occur. Pairs where the query has neighbours, single characters where it has not.
    pub tokens: Vec<String>,
    /// The parts of the query between blanks, folded: what [`Query::confirms`] looks for.
    needles: Vec<String>,
}

impl Query {
    /// The right-hand side of FTS5's `MATCH`, for a bound parameter: `"井盖" AND "路灯"`.
    #[must_use]
    pub fn fts5(&self) -> String {
        let quoted: Vec<String> = self.tokens.iter().map(|t| format!("\"{}\"", t.replace('"', "\"\""))).collect();
        quoted.join(" AND ")
    }

    /// The right-hand side of PostgreSQL's `@@`, for a bound parameter cast to `tsquery`: `'井盖' & '路灯'`.
    #[must_use]
    pub fn tsquery(&self) -> String {
        let quoted: Vec<String> =
            self.tokens.iter().map(|t| format!("'{}'", t.replace('\\', "\\\\").replace('\'', "''"))).collect();
        quoted.join(" & ")
    }

    /// Whether a text contains every token: what an index answers, asked of the text itself.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let there: HashSet<String> = tokens(text).into_iter().collect();
        self.tokens.iter().all(|token| there.contains(token))
    }

    /// Whether a text that the index found really contains every part of the query as written (width and case aside).
    #[must_use]
    pub fn confirms(&self, text: &str) -> bool {
        let folded = fold(text);
        self.needles.iter().all(|needle| folded.contains(needle.as_str()))
    }
}

/// Reads what somebody typed. `None` when nothing in it can be looked for (blank, or punctuation only).
#[must_use]
pub fn query(text: &str) -> Option<Query> {
    let mut out = Tokens::default();
    for run in runs(text) {
        match run {
            Run::Word(word) => out.push(word),
            Run::Ideographs(chars) if chars.len() == 1 => out.push(spell(&chars)),
            Run::Ideographs(chars) => chars.windows(2).for_each(|pair| out.push(spell(pair))),
        }
    }
    out.list.truncate(MOST_QUERY_TOKENS);
    if out.list.is_empty() {
        return None;
    }
    let needles =
        fold(text).split_whitespace().filter(|part| part.chars().any(char::is_alphanumeric)).map(str::to_owned).collect();
    Some(Query { tokens: out.list, needles })
}

#[derive(Default)]
struct Tokens {
    list: Vec<String>,
    seen: HashSet<String>,
}

impl Tokens {
    fn push(&mut self, token: String) {
        if self.seen.insert(token.clone()) {
            self.list.push(token);
        }
    }
}

fn runs(text: &str) -> Vec<Run> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut ideographs = Vec::new();
    let mut word_chars = 0_usize;
    for c in fold(text).chars() {
        let ideographic = is_ideographic(c);
        if !ideographic && !ideographs.is_empty() {
            out.push(Run::Ideographs(std::mem::take(&mut ideographs)));
        }
        if ideographic || !c.is_alphanumeric() {
            if !word.is_empty() {
                out.push(Run::Word(std::mem::take(&mut word)));
                word_chars = 0;
            }
            if ideographic {
                ideographs.push(c);
            }
        } else if word_chars < LONGEST_WORD {
            if is_known_to_unicode61(c) {
                word.push(c);
            } else {
                word.push_str(&spell(&[c]));
            }
            word_chars = word_chars.saturating_add(1);
        }
    }
    if !ideographs.is_empty() {
        out.push(Run::Ideographs(ideographs));
    }
    if !word.is_empty() {
        out.push(Run::Word(word));
    }
    out
}

/// Han characters, kana, bopomofo and hangul: writing in which a search cannot rely on blanks between words.
const fn is_ideographic(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{3100}'..='\u{312F}' | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
        && !matches!(c, '\u{3006}' | '\u{30FB}' | '\u{3099}'..='\u{309C}' | '\u{30A0}')
}

/// `unicode61` knows the characters of Unicode 6.1 only and takes every younger one for a blank; rare characters of
/// personal names (𬍛, 𫖯, 鿏) are younger. Everything outside the old ranges is therefore spelt as its number.
const fn is_known_to_unicode61(c: char) -> bool {
    matches!(c,
        '\0'..='\u{24F}' | '\u{370}'..='\u{52F}' | '\u{3005}' | '\u{3007}' | '\u{3041}'..='\u{3096}' | '\u{309D}'..='\u{30FF}'
        | '\u{3105}'..='\u{312D}' | '\u{3400}'..='\u{4DB5}' | '\u{4E00}'..='\u{9FCC}' | '\u{AC00}'..='\u{D7A3}' | '\u{F900}'..='\u{FA6D}')
}

fn spell(chars: &[char]) -> String {
    let mut out = String::new();
    for &c in chars {
        if is_known_to_unicode61(c) {
            out.push(c);
        } else {
            out.push_str(&format!("zu{:x}", u32::from(c)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str, wanted: &str) -> bool {
        let index: HashSet<String> = tokens(text).into_iter().collect();
        query(wanted).is_some_and(|q| q.tokens.iter().all(|t| index.contains(t)))
    }

    #[test]
    fn two_characters_are_one_pair() {
        let q = query("井盖").unwrap();
        assert_eq!(q.tokens, ["井盖"]);
        assert_eq!(q.fts5(), "\"井盖\"");
        assert_eq!(q.tsquery(), "'井盖'");
        assert!(found("小区门口的井盖坏了", "井盖"));
        assert!(!found("盖好的水井", "井盖"));
    }

    #[test]
    fn names_single_characters_and_phrases_are_found() {
        assert!(found("网格员王芳上门", "王芳"));
        assert!(!found("王小芳", "王芳"));
        assert!(found("老人独居", "老"));
        assert_eq!(query("老").unwrap().tokens, ["老"]);
        assert_eq!(query("路灯不亮").unwrap().tokens, ["路灯", "灯不", "不亮"]);
        assert!(found("3栋门前路灯不亮已三天", "路灯不亮"));
    }

    #[test]
    fn mixed_addresses_keep_their_numbers_apart() {
        assert_eq!(query("3栋2单元").unwrap().tokens, ["3", "栋", "2", "单元"]);
        assert_eq!(tokens("３栋２单元"), ["3", "栋", "2", "单", "元", "单元"]);
        assert!(found("和平里3栋2单元101室", "３栋 2单元"));
        assert!(!found("和平里13栋2单元", "3栋"));
        assert!(found("二七横路9号", "二七横路9号"));
    }

    #[test]
    fn a_false_friend_of_the_index_is_told_by_the_recheck() {
        let q = query("二七横路9号").unwrap();
        assert!(q.confirms("江岸区二七横路９号楼道灯坏"));
        assert!(!q.confirms("二七横路8号，9点，3号楼"));
    }

    #[test]
    fn case_and_width_do_not_matter() {
        assert!(found("ＥＴＣ杆 A座 Wi-Fi", "etc a wi-fi"));
        assert_eq!(tokens("QR码，qr码"), ["qr", "码"]);
    }

    #[test]
    fn what_cannot_be_looked_for_is_none() {
        for nothing in ["", "   ", "\"", "* ^ -", "，。！", "\u{0}"] {
            assert_eq!(query(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn query_syntax_is_only_text() {
        let q = query("\") OR body:* NEAR(a b) -- 'x' & !y\\").unwrap();
        assert_eq!(q.tokens, ["or", "body", "near", "a", "b", "x", "y"]);
        assert_eq!(q.fts5(), r#""or" AND "body" AND "near" AND "a" AND "b" AND "x" AND "y""#);
        assert_eq!(q.tsquery(), "'or' & 'body' & 'near' & 'a' & 'b' & 'x' & 'y'");
    }

    #[test]
    fn characters_younger_than_the_tokeniser_survive() {
        let all = tokens("王𬍛喆");
        assert_eq!(all, ["王", "zu2c35b", "喆", "王zu2c35b", "zu2c35b喆"]);
        assert!(found("王𬍛喆", "王𬍛"));
        assert!(!found("王喆", "王𬍛"));
    }

    #[test]
    fn long_words_are_cut_alike_in_text_and_query() {
        let long = "x".repeat(5_000);
        assert!(tokens(&long)[0].len() <= LONGEST_WORD);
        assert!(found(&long, &long));
        assert!(query(&"井盖路灯电梯".repeat(200)).unwrap().tokens.len() <= MOST_QUERY_TOKENS);
    }

    proptest! {
        #[test]
        fn a_text_is_found_by_any_part_of_itself(text in "[井盖路灯老王芳不亮楼a-c0-9 ，]{1,30}", from in 0usize..30, len in 1usize..8) {
            // A part that cuts a word in two is not a part in this sense, so only whole ideographs are taken.
            let part: String = text.chars().skip(from).take(len).filter(|c| !c.is_ascii()).collect();
            let contiguous = text.contains(&part);
            if contiguous && query(&part).is_some() {
                prop_assert!(found(&text, &part));
                prop_assert!(query(&part).unwrap().confirms(&text));
            }
        }

        #[test]
        fn tokens_are_letters_and_digits_only(text in any::<String>()) {
            for token in tokens(&text) {
                prop_assert!(!token.is_empty());
                prop_assert!(token.chars().all(|c| c.is_alphanumeric() && is_known_to_unicode61(c)), "{token:?}");
            }
        }
    }
}
