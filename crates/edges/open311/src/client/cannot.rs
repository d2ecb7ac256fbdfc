//! What cannot be done with another server, in English for the command line and the log, and as a text of the pages.

/// Why what an administrator or a desk asked for cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cannot {
    /// A name that is none.
    #[error("a name has 1 to {0} characters and no control characters")]
    Name(usize),
    /// A key for an address on which it could be read on the way.
    #[error("{0}: a key is sent over https only, or within the own network")]
    OpenKey(String),
    /// A name that another server of the district has.
    #[error("a server of this district is called {0} already")]
    NameTaken(String),
    /// Cases are on their way there.
    #[error("{count} cases are on their way to {name}; settle them or wait until they have arrived")]
    OnTheirWay {
        /// How many.
        count: i64,
        /// Where.
        name: String,
    },
    /// No server of the district has the name.
    #[error("no server of this district is called {0}")]
    NoServer(String),
    /// There is no key for it.
    #[error("there is no key for {0}; remove it and add it again with one")]
    NoKey(String),
    /// The key is not ours any more.
    #[error("the key for {0} cannot be opened")]
    SealedKey(String),
    /// A case that was handed to it before.
    #[error("{number} was handed over to {name} before")]
    HandedBefore {
        /// The case.
        number: String,
        /// The server.
        name: String,
    },
    /// A case that is kept from somebody who works here: what is said about people leaves the house by no program.
    #[error("{0} is kept from somebody who works here and is handed over to nobody")]
    Kept(String),
    /// A case that was not handed to it.
    #[error("{number} was not handed over to {name}")]
    NotHanded {
        /// The case.
        number: String,
        /// The server.
        name: String,
    },
    /// A case about which nothing is in doubt.
    #[error("{number} is {stage} with {name}; there is nothing to settle")]
    NothingToSettle {
        /// The case.
        number: String,
        /// Where it stands.
        stage: String,
        /// The server.
        name: String,
    },
    /// Somebody else was quicker.
    #[error("it was changed by somebody else meanwhile; look again")]
    Changed,
}

impl Cannot {
    /// The key of its text, and what stands in it.
    #[must_use]
    pub fn told(&self) -> (&'static str, Vec<(&'static str, String)>) {
        match self {
            Self::Name(most) => ("open311-cannot-name", vec![("most", most.to_string())]),
            Self::OpenKey(url) => ("open311-cannot-open-key", vec![("url", url.clone())]),
            Self::NameTaken(name) => ("open311-cannot-name-taken", vec![("name", name.clone())]),
            Self::OnTheirWay { count, name } => {
                ("open311-cannot-on-their-way", vec![("count", count.to_string()), ("name", name.clone())])
            }
            Self::NoServer(name) => ("open311-cannot-no-server", vec![("name", name.clone())]),
            Self::NoKey(name) => ("open311-cannot-no-key", vec![("name", name.clone())]),
            Self::SealedKey(name) => ("open311-cannot-sealed-key", vec![("name", name.clone())]),
            Self::HandedBefore { number, name } => {
                ("open311-cannot-handed-before", vec![("number", number.clone()), ("name", name.clone())])
            }
            Self::Kept(number) => ("open311-cannot-kept", vec![("number", number.clone())]),
            Self::NotHanded { number, name } => {
                ("open311-cannot-not-handed", vec![("number", number.clone()), ("name", name.clone())])
            }
            Self::NothingToSettle { number, name, .. } => {
                ("open311-cannot-nothing-to-settle", vec![("number", number.clone()), ("name", name.clone())])
            }
            Self::Changed => ("open311-cannot-changed", Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use linli_webkit::{Locale, Texts};

    use super::*;
    use crate::client::RemoteError;

    /// Every reason has a sentence in both languages, with everything in it that it names, and no English on a Chinese page.
    #[test]
    fn every_reason_has_its_sentence() {
        let texts = std::sync::Arc::new(Texts::new(&[linli_webkit::i18n::SHARED_TEXTS, crate::TEXTS]).unwrap());
        let (name, number) = (|| "市政".to_owned(), || "2026-000001".to_owned());
        let all = [
            Cannot::Name(60),
            Cannot::OpenKey("http://x".to_owned()),
            Cannot::NameTaken(name()),
            Cannot::OnTheirWay { count: 2, name: name() },
            Cannot::NoServer(name()),
            Cannot::NoKey(name()),
            Cannot::SealedKey(name()),
            Cannot::HandedBefore { number: number(), name: name() },
            Cannot::Kept(number()),
            Cannot::NotHanded { number: number(), name: name() },
            Cannot::NothingToSettle { number: number(), stage: "sent".to_owned(), name: name() },
            Cannot::Changed,
        ];
        let place = RemoteError::Place("E9".to_owned());
        for (key, args) in all.iter().map(Cannot::told).chain([place.told()]) {
            for locale in [Locale::ZhCn, Locale::En] {
                let t = texts.in_locale(locale);
                let given: Vec<(&str, linli_webkit::Value<'_>)> = args.iter().map(|(n, v)| (*n, v.as_str().into())).collect();
                let said = t.with(key, &given);
                assert!(args.iter().all(|(_, value)| said.contains(value.as_str())), "{key}: {said}");
                let letters = said.replace("https", "").replace("http", "").replace("E9", "");
                assert!(
                    locale != Locale::ZhCn || !letters.chars().filter(|c| *c != 'x').any(|c| c.is_ascii_alphabetic()),
                    "{said}"
                );
            }
        }
    }
}
