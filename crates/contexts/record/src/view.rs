//! The part that other rooms put on their public pages and papers: how something stands in the log, and where that is proven.

use linli_webkit::{T, qr_svg};

use crate::model::Standing;

/// One line with a link to the proof; that it waits, where it has no number yet; nothing for what was never published. Ready HTML.
#[must_use]
pub fn proof_line(t: &T, standing: Option<&Standing>) -> String {
    let Some(standing) = standing else { return String::new() };
    let word = escape(&words(t, standing));
    format!("<p class=\"quiet proof-line\"><a href=\"{}\">{word}</a></p>", escape(&standing.path))
}

/// The same for paper: the words, the address and a QR code that leads to the proof. Ready HTML.
#[must_use]
pub fn proof_print(t: &T, standing: Option<&Standing>, base_url: &str) -> String {
    let Some(standing) = standing else { return String::new() };
    let url = format!("{base_url}{}", standing.path);
    // An address of this house is never as long as a code cannot hold.
    let qr = qr_svg(&url).unwrap_or_default();
    let address = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let (word, hint) = (escape(&words(t, standing)), escape(&t.s("record-scan")));
    format!(
        "<div class=\"qr-block proof-print\">{qr}<div><p><strong>{word}</strong></p><p>{hint}</p><p class=\"address\">{}</p></div></div>",
        escape(address)
    )
}

/// How it stands, in words.
#[must_use]
pub fn words(t: &T, standing: &Standing) -> String {
    match standing.number {
        Some(number) => t.v("record-standing", "number", number),
        None => t.s("record-standing-waits").into_owned(),
    }
}

/// The words of a kind; the kind itself where nobody gave it any.
#[must_use]
pub fn kind_words(t: &T, kind: &str) -> String {
    let key = format!("record-kind-{}", kind.replace(['.', '_'], "-"));
    t.opt(&key).map_or_else(|| kind.to_owned(), |text| text.into_owned())
}

/// Text inside HTML.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use linli_webkit::{Locale, Texts};
    use uuid::Uuid;

    use super::*;
    use crate::model::EntryId;

    fn t() -> T {
        Arc::new(Texts::new(&[linli_webkit::i18n::SHARED_TEXTS, crate::TEXTS]).unwrap()).in_locale(Locale::ZhCn)
    }

    fn standing(number: Option<u64>) -> Standing {
        let entry = EntryId(Uuid::from_u128(5));
        Standing { entry, kind: "board.notice".into(), number, size: 9, path: format!("/log/1/e/{entry}") }
    }

    #[test]
    fn what_was_never_published_shows_nothing() {
        assert_eq!(proof_line(&t(), None), "");
        assert_eq!(proof_print(&t(), None, "https://linli.example"), "");
    }

    #[test]
    fn a_number_is_said_and_leads_to_its_proof() {
        let line = proof_line(&t(), Some(&standing(Some(12))));
        assert!(line.contains("12") && line.contains("href=\"/log/1/e/00000000-"), "{line}");
        assert_ne!(line, proof_line(&t(), Some(&standing(None))));
        let paper = proof_print(&t(), Some(&standing(Some(12))), "https://linli.example");
        assert!(paper.contains("<svg") && paper.contains("linli.example/log/1/e/"), "{paper}");
    }

    #[test]
    fn words_are_escaped_and_kinds_without_words_show_themselves() {
        assert_eq!(escape("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
        assert_eq!(kind_words(&t(), "no.such_kind"), "no.such_kind");
        assert_ne!(kind_words(&t(), "record.log_continued"), "record.log_continued");
    }
}
