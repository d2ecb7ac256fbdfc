//! What a class asks for besides the words (附加项): data of the pack, asked by programs that report over Open311 GeoReport v2.

use std::collections::BTreeSet;

use serde::Deserialize;

/// The form of an answer; the words are those of GeoReport v2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Datatype {
    /// A line of text.
    String,
    /// A number.
    Number,
    /// An instant, ISO 8601.
    Datetime,
    /// Text of several lines.
    Text,
    /// One value of a list.
    SingleValueList,
    /// Several values of a list.
    MultiValueList,
}

impl Datatype {
    /// The word of GeoReport v2.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Datetime => "datetime",
            Self::Text => "text",
            Self::SingleValueList => "singlevaluelist",
            Self::MultiValueList => "multivaluelist",
        }
    }

    /// Whether an answer is chosen from a list.
    #[must_use]
    pub const fn is_list(self) -> bool {
        matches!(self, Self::SingleValueList | Self::MultiValueList)
    }
}

/// A value of a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeValue {
    /// Its key, which is what is sent.
    pub key: String,
    /// Its name in Chinese.
    pub zh: String,
    /// Its name in English.
    pub en: String,
}

/// Something a class asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Its code, unique in the class.
    pub code: String,
    /// The question in Chinese.
    pub zh: String,
    /// The question in English.
    pub en: String,
    /// The form of the answer.
    pub datatype: Datatype,
    /// Whether an answer is wanted; otherwise the text is only shown.
    #[serde(default = "yes")]
    pub variable: bool,
    /// Whether nothing can be reported without an answer.
    #[serde(default)]
    pub required: bool,
    /// The values of a list.
    #[serde(default)]
    pub values: Vec<AttributeValue>,
}

const fn yes() -> bool {
    true
}

impl Attribute {
    /// The question in the language asked for.
    #[must_use]
    pub fn name(&self, english: bool) -> &str {
        if english { &self.en } else { &self.zh }
    }
}

/// What contradicts itself in the attributes of a class; nothing when they hold together.
pub(super) fn contradiction(attributes: &[Attribute]) -> Option<String> {
    let mut codes = BTreeSet::new();
    attributes.iter().find_map(|attribute| {
        let mut keys = BTreeSet::new();
        if !codes.insert(attribute.code.as_str()) {
            Some(format!("attribute {} is there twice", attribute.code))
        } else if attribute.datatype.is_list() == attribute.values.is_empty() {
            Some(format!("attribute {} is a list without values, or has values and is none", attribute.code))
        } else {
            let twice = attribute.values.iter().find(|value| !keys.insert(value.key.as_str()))?;
            Some(format!("attribute {} has the value {} twice", attribute.code, twice.key))
        }
    })
}
