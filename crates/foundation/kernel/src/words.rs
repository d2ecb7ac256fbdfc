//! Enums whose values are words.

/// A word that is none of those that there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown word {0}")]
pub struct UnknownWord(pub String);

/// Declares enums whose values are words in the database, in files, in addresses and in keys of texts:
/// `words! { /// How it went. pub enum Outcome { /// 没事. Well = "well", } }`.
#[macro_export]
macro_rules! words {
    ($( $(#[$meta:meta])* pub enum $name:ident { $( $(#[$vmeta:meta])* $value:ident = $word:literal, )+ } )+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $name { $( $(#[$vmeta])* #[serde(rename = $word)] $value, )+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$( Self::$value, )+];

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$value => $word, )+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::UnknownWord;
            fn from_str(word: &str) -> ::std::result::Result<Self, $crate::UnknownWord> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word).ok_or_else(|| $crate::UnknownWord(word.to_owned()))
            }
        }
    )+ };
}

#[cfg(test)]
mod tests {
    words! {
        /// Numbers in their names are words too.
        pub enum Age {
            /// Younger.
            Under65 = "under_65",
            /// Older.
            From65 = "from_65",
        }
    }

    #[test]
    fn the_word_is_the_same_everywhere() {
        for age in Age::ALL {
            assert_eq!(age.as_str().parse::<Age>().unwrap(), *age);
            assert_eq!(serde_json::to_value(age).unwrap(), age.to_string());
        }
        assert_eq!("young".parse::<Age>(), Err(crate::UnknownWord("young".to_owned())));
    }
}
