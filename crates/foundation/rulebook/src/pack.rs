//! One pack: its head, and its text for whoever knows the type of the body.

use jiff::civil::Date;
use linli_kernel::{PlacePath, Ts};
use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

use crate::error::RuleError;
use crate::reading::Node;

/// Where a rule comes from (依据).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// The law, standard, paper or decision, e.g. 中华人民共和国民法典.
    pub title: String,
    /// The same in English, for pages in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_en: Option<String>,
    /// The article or clause in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<String>,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What a reader should know, e.g. that it is one city's choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Citation {
    /// The title in a language: Chinese, and where nobody wrote another.
    #[must_use]
    pub fn title_in(&self, lang: &str) -> &str {
        self.title_en.as_deref().filter(|_| lang.starts_with("en")).unwrap_or(&self.title)
    }
}

/// Who put a pack in the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Shipped with the program.
    Builtin,
    /// From the administrator's directory; at the same place it counts before what ships.
    Local,
}

/// Which rule was applied: what a screen cites and a journal line keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The id, e.g. `cases.clock`.
    pub id: String,
    /// The version, e.g. `2026-07`.
    pub version: String,
    /// First day on which it counts, in Beijing.
    pub valid_from: Date,
    /// Last day on which it counts.
    pub valid_to: Option<Date>,
    /// The place at and under which it counts; the root for everywhere.
    pub place: PlacePath,
    /// Whether somebody has checked it against its source; if not, screens show 规则未核实.
    pub verified: bool,
    /// Where it comes from.
    pub citation: Citation,
    /// Shipped or local.
    pub origin: Origin,
    /// The file it stands in.
    pub file: String,
    /// First 16 hexadecimal digits of the SHA-256 of the file: tells when a pack was changed under an old version.
    pub digest: String,
}

impl Stamp {
    /// Rule, version and digest in one word, as a journal line keeps them: `cases.clock@2026-07#0123456789abcdef`.
    #[must_use]
    pub fn mark(&self) -> String {
        format!("{}@{}#{}", self.id, self.version, self.digest)
    }
}

/// A pack whose rules contradict each other or lead nowhere; what exactly, for whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Contradiction(pub String);

impl Stamp {
    /// Reads the head of a local pack; its body is read by whoever knows its type.
    ///
    /// # Errors
    /// What is wrong with it, with line and field.
    pub fn read(file: &str, text: &str) -> Result<Self, RuleError> {
        Pack::read(Origin::Local, file, text).map(|pack| pack.stamp)
    }

    /// Whether there is a day on which both count.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let begins_in_time = |one: &Self, end: Option<Date>| end.is_none_or(|end| one.valid_from <= end);
        begins_in_time(self, other.valid_to) && begins_in_time(other, self.valid_to)
    }

    /// For the facts of a journal line: what is needed to find the rule again and to cite it.
    #[must_use]
    pub fn as_facts(&self) -> serde_json::Value {
        serde_json::json!({
            "id": self.id,
            "version": self.version,
            "verified": self.verified,
            "citation": self.citation,
            "place": self.place,
            "digest": self.digest,
        })
    }
}

/// A pack that has been read as far as it can be without knowing the type of its body.
#[derive(Debug)]
pub(crate) struct Pack {
    pub stamp: Stamp,
    text: String,
    /// 00:00 of the first day.
    from: Ts,
    /// 24:00 of the last day.
    end: Option<Ts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: String,
    version: String,
    #[serde(deserialize_with = "date")]
    valid_from: Date,
    #[serde(default, deserialize_with = "some_date")]
    valid_to: Option<Date>,
    #[serde(default)]
    place: PlacePath,
    #[serde(default)]
    verified: bool,
    citation: Citation,
    #[expect(dead_code, reason = "read here only to refuse a pack without one; its type is known to whoever asks for it")]
    #[serde(deserialize_with = "some_table")]
    body: (),
}

impl Pack {
    /// Reads the head and makes sure that there is a body.
    pub fn read(origin: Origin, file: &str, text: &str) -> Result<Self, RuleError> {
        // Editors on Windows put a byte order mark in front.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let parsed = Node::parse(text).map_err(|e| RuleError::from_toml(file, text, &e))?;
        let head: Head = parsed.read("").map_err(|wrong| RuleError::from_wrong(file, text, &wrong))?;
        let wrong = |field: &str, message: &str| {
            let (file, field, message) = (file.to_owned(), field.to_owned(), message.to_owned());
            let line = line_of_key(text, &field);
            RuleError::Pack { file, line, field, message }
        };
        if !is_id(&head.id) {
            return Err(wrong("id", "must be words of a–z, 0–9 and _ joined by dots, such as cases.clock"));
        }
        if head.version.trim().is_empty() {
            return Err(wrong("version", "must not be empty"));
        }
        if head.citation.title.trim().is_empty() {
            return Err(wrong("citation.title", "must not be empty"));
        }
        if head.valid_to.is_some_and(|to| to < head.valid_from) {
            return Err(wrong("valid_to", "must not be before valid_from"));
        }
        let from = midnight(head.valid_from).ok_or_else(|| wrong("valid_from", "is out of range"))?;
        let end = match head.valid_to {
            Some(to) => Some(to.tomorrow().ok().and_then(midnight).ok_or_else(|| wrong("valid_to", "is out of range"))?),
            None => None,
        };
        let stamp = Stamp {
            id: head.id,
            version: head.version,
            valid_from: head.valid_from,
            valid_to: head.valid_to,
            place: head.place,
            verified: head.verified,
            citation: head.citation,
            origin,
            file: file.to_owned(),
            digest: digest(text),
        };
        Ok(Self { stamp, text: text.to_owned(), from, end })
    }

    /// The whole text, as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The body as its type.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, RuleError> {
        let (file, text) = (self.stamp.file.as_str(), self.text.as_str());
        let parsed = Node::parse(text).map_err(|e| RuleError::from_toml(file, text, &e))?;
        let (body, key) = parsed.under("body").map_or((&parsed, ""), |body| (body, "body"));
        body.read(key).map_err(|wrong| RuleError::from_wrong(file, text, &wrong))
    }

    /// Whether it counts at this instant.
    pub fn counts_at(&self, at: Ts) -> bool {
        self.from <= at && self.end.is_none_or(|end| at < end)
    }

    /// Whether there is an instant at which both count.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.end.is_none_or(|end| other.from < end) && other.end.is_none_or(|end| self.from < end)
    }
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn midnight(date: Date) -> Option<Ts> {
    Ts::from_local(date.at(0, 0, 0, 0))
}

fn is_id(id: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    id.split('.').all(|word| !word.is_empty() && word.bytes().all(letter))
}

/// The line of a key that is known to be there; the reader keeps no positions of values that it accepted.
fn line_of_key(text: &str, field: &str) -> usize {
    let key = field.rsplit('.').next().unwrap_or(field);
    let is_key = |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
    text.lines().position(is_key).map_or(1, |i| i + 1)
}

/// A TOML date, or the same as text.
fn date<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    let written = String::deserialize(from).ok().filter(|text| text.len() == 10);
    let day = written.and_then(|text| text.parse().ok());
    day.ok_or_else(|| D::Error::custom("must be a day such as 2026-07-01"))
}

fn some_date<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    date(from).map(Some)
}

/// That there is a table, whatever is in it.
fn some_table<'de, D: Deserializer<'de>>(from: D) -> Result<(), D::Error> {
    struct Table;

    impl<'de> Visitor<'de> for Table {
        type Value = ();

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a table")
        }

        fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
            Ok(())
        }
    }

    from.deserialize_map(Table)
}
