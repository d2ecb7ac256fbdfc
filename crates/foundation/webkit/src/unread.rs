//! A body of JSON that cannot be read, in words for people: what its reader says of it is English, and stands apart as that.

use crate::error::FieldProblem;

/// What is wrong with the body, by what its reader says of it. Nobody promises the words of a reader: where they are others, it is said that the
/// body cannot be read, and they stand behind it.
pub(crate) fn problem(why: &str) -> FieldProblem {
    let at = place(why);
    let told = match (named(why, "missing field `"), named(why, "unknown field `"), &at) {
        _ if why.contains("Content-Type") => FieldProblem::new("body", "web-body-content-type"),
        (Some(name), ..) => FieldProblem::new("body", "web-body-missing").arg("name", name),
        (_, Some(name), _) => FieldProblem::new("body", "web-body-unknown").arg("name", name),
        (None, None, Some((line, column))) => {
            let key =
                if why.contains("invalid type") || why.contains("invalid value") { "web-body-kind" } else { "web-body-syntax" };
            FieldProblem::new("body", key).arg("line", line.as_str()).arg("column", column.as_str())
        }
        (None, None, None) => FieldProblem::new("body", "web-body-unreadable"),
    };
    told.arg("why", why)
}

/// The name that stands between these words and the next backtick.
fn named<'w>(why: &'w str, before: &str) -> Option<&'w str> {
    Some(why.split_once(before)?.1.split_once('`')?.0)
}

/// Line and column, as `serde_json` says them.
fn place(why: &str) -> Option<(String, String)> {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    let (line, column) = why.rsplit_once(" at line ")?.1.split_once(" column ")?;
    Some((digits(line), digits(column))).filter(|(line, column)| !line.is_empty() && !column.is_empty())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::i18n::{Locale, SHARED_TEXTS, Texts};

    #[test]
    fn what_is_wrong_is_said_before_the_words_of_the_reader() {
        let texts = Arc::new(Texts::new(&[SHARED_TEXTS]).unwrap());
        for (why, zh, en) in [
            (
                "Failed to parse the request body as JSON: EOF while parsing an object at line 1 column 2",
                "第 1 行第 2 个字节",
                "line 1, byte 2",
            ),
            (
                "Failed to deserialize the JSON body into the target type: missing field `description` at line 1 column 16",
                "缺少 description 这一项",
                "description is missing",
            ),
            (
                "Failed to deserialize the JSON body into the target type: foo: unknown field `foo`, expected `at` at line 1 column 40",
                "没有 foo 这一项",
                "There is no field foo",
            ),
            (
                "Failed to deserialize the JSON body into the target type: at: invalid type: integer `7`, expected a string at line 3 column 9",
                "第 3 行第 9 个字节",
                "line 3, byte 9",
            ),
            ("Expected request with `Content-Type: application/json`", "application/json", "application/json"),
            ("stream closed", "读不出来", "cannot be read"),
        ] {
            for (locale, says, technical) in [(Locale::ZhCn, zh, "技术说明："), (Locale::En, en, "Technical: ")] {
                let text = problem(why).text(&texts.in_locale(locale));
                let (said, apart) = text.split_once(technical).unwrap();
                assert!(said.contains(says) && apart == why, "{text}");
            }
        }
    }
}
