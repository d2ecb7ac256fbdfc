//! What an institution can do, coded (诊疗能力).

use serde::Deserialize;

use super::Contradiction;

/// The id of the pack of capabilities.
pub const CAPABILITIES_ID: &str = "treatment.capabilities";

/// A capability.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capability {
    /// The code.
    pub code: String,
    zh: String,
    en: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    capabilities: Vec<Capability>,
}

/// The codes that there are, in their order.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Capabilities(Vec<Capability>);

impl TryFrom<Body> for Capabilities {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let all = body.capabilities;
        for (at, one) in all.iter().enumerate() {
            let fits =
                !one.code.is_empty() && one.code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            if !fits || one.zh.is_empty() || one.en.is_empty() {
                return Err(Contradiction(format!("capability {at} has no code of small letters, or no name")));
            }
            if all.iter().take(at).any(|earlier| earlier.code == one.code) {
                return Err(Contradiction(format!("two capabilities are called {}", one.code)));
            }
        }
        Ok(Self(all))
    }
}

impl Capabilities {
    /// The codes, in their order.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|one| one.code.as_str())
    }

    /// Whether there is such a code.
    #[must_use]
    pub fn has(&self, code: &str) -> bool {
        self.0.iter().any(|one| one.code == code)
    }

    /// The name of a code in a language; the code itself where the pack does not have it any more.
    #[must_use]
    pub fn name<'a>(&'a self, code: &'a str, lang: &str) -> &'a str {
        let found = self.0.iter().find(|one| one.code == code);
        found.map_or(code, |one| if lang.starts_with("zh") { &one.zh } else { &one.en })
    }
}

#[cfg(test)]
mod tests {
    use linli_kernel::{PlacePath, Ts};
    use linli_rulebook::Rulebook;

    use super::*;

    #[test]
    fn codes_are_told_apart() {
        let read = |text: &str| {
            let book = Rulebook::builtin(&[]).unwrap().load_dir(vec![("capabilities.toml".to_owned(), text.to_owned())])?;
            book.get::<Capabilities>(CAPABILITIES_ID, &PlacePath::root(), Ts(1_800_000_000_000_000))
        };
        let shipped = include_str!("../../rules/capabilities.toml");
        let known = read(shipped).unwrap();
        assert!(known.value.has("ecmo") && !known.value.has("miracles"));
        assert_eq!(known.value.name("children", "zh-CN"), "儿科");
        assert_eq!(known.value.name("gone", "en"), "gone");
        assert!(read(&shipped.replacen("code = \"ct\"", "code = \"ecmo\"", 1)).is_err(), "a code stands once");
        assert!(read(&shipped.replacen("code = \"ct\"", "code = \"C T\"", 1)).is_err());
    }
}
