//! What is shown before somebody agrees (告知文本), by purpose.

use serde::Deserialize;

use super::Contradiction;
use crate::model::Purpose;

/// The text of one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentText {
    /// To what.
    pub purpose: Purpose,
    /// Days for which a consent holds, 1 to 730.
    pub days: i64,
    /// What is kept.
    keeps: Both,
    zh: String,
    en: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Both {
    zh: String,
    en: String,
}

impl ConsentText {
    /// The text.
    #[must_use]
    pub fn text(&self, english: bool) -> &str {
        if english { self.en.trim() } else { self.zh.trim() }
    }

    /// What is kept under it, in a sentence.
    #[must_use]
    pub fn keeps(&self, english: bool) -> &str {
        if english { &self.keeps.en } else { &self.keeps.zh }
    }
}

/// All texts. Refused when a purpose has none or two, or a term is not 1 to 730 days.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct ConsentTexts(Vec<ConsentText>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    text: Vec<ConsentText>,
}

impl TryFrom<Body> for ConsentTexts {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        for purpose in Purpose::ALL {
            let found = body.text.iter().filter(|text| text.purpose == *purpose).count();
            if found != 1 {
                return Err(Contradiction(format!("there are {found} texts for {purpose}, not one")));
            }
        }
        if let Some(text) = body.text.iter().find(|text| !(1..=730).contains(&text.days)) {
            return Err(Contradiction(format!("a consent to {} holds 1 to 730 days, not {}", text.purpose, text.days)));
        }
        Ok(Self(body.text))
    }
}

impl ConsentTexts {
    /// The text of a purpose.
    #[must_use]
    pub fn of(&self, purpose: Purpose) -> Option<&ConsentText> {
        self.0.iter().find(|text| text.purpose == purpose)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &ConsentText> {
        self.0.iter()
    }
}
