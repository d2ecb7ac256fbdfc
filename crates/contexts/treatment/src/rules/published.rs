//! Shares that somebody published (公布的比率): shown as reported, with their base where one was published, and reckoned from nothing.

use serde::Deserialize;

use super::Contradiction;
use super::beds::Rate;
use crate::model::beds::BedType;

/// The id of the pack.
pub const ID: &str = "treatment.published";

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateBody {
    bed_type: BedType,
    zh: String,
    en: String,
    permille: i64,
    #[serde(default)]
    base: Option<i64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    rates: Vec<RateBody>,
}

/// A share that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedRate {
    /// Of which kind of bed.
    pub bed_type: BedType,
    zh: String,
    en: String,
    /// The share, with its base or as reported.
    pub rate: Rate,
}

impl PublishedRate {
    /// What it is a share of what of, in a language.
    #[must_use]
    pub fn name(&self, lang: &str) -> &str {
        if lang.starts_with("zh") { &self.zh } else { &self.en }
    }
}

/// The shares that were published.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Body")]
pub struct Published(Vec<PublishedRate>);

impl TryFrom<Body> for Published {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        if body
            .rates
            .iter()
            .any(|one| one.permille < 0 || one.base.is_some_and(|base| base < 1) || one.zh.is_empty() || one.en.is_empty())
        {
            return Err(Contradiction(
                "a published share is not below zero, its base is one or more, and it is called something".to_owned(),
            ));
        }
        let read = |one: RateBody| PublishedRate {
            bed_type: one.bed_type,
            zh: one.zh,
            en: one.en,
            rate: Rate { base: one.base, ..Rate::reported(one.permille) },
        };
        Ok(Self(body.rates.into_iter().map(read).collect()))
    }
}

impl Published {
    /// Those of a kind of bed.
    pub fn of(&self, bed_type: BedType) -> impl Iterator<Item = &PublishedRate> {
        self.0.iter().filter(move |one| one.bed_type == bed_type)
    }
}
