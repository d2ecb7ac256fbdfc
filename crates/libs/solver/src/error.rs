//! What cannot be solved because it is not a network.

use linli_kernel::{Code, Status};

/// Why a network or an assignment was refused. That there is no way for everything is not an error; see
/// [`Answer`](crate::Answer).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SolverError {
    /// A node, item or place that was never made.
    #[error("there is no {what} {number}")]
    Unknown {
        /// What was asked for.
        what: &'static str,
        /// Its number, from 0.
        number: usize,
    },
    /// A capacity below zero.
    #[error("a capacity of {capacity}, below zero")]
    Capacity {
        /// The capacity.
        capacity: i64,
    },
    /// Supplies that do not add up to zero: something would be left, or missing, whatever the way.
    #[error("supply and demand differ by {surplus}")]
    Unbalanced {
        /// Supply less demand.
        surplus: i128,
    },
    /// Numbers so large that a sum of them could run over.
    #[error("{what} are too large: sums of them could run over")]
    TooLarge {
        /// Which numbers.
        what: &'static str,
    },
}

impl SolverError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Unknown { .. } => Code::new("solver.unknown", Status::Invalid),
            Self::Capacity { .. } => Code::new("solver.capacity", Status::Invalid),
            Self::Unbalanced { .. } => Code::new("solver.unbalanced", Status::Invalid),
            Self::TooLarge { .. } => Code::new("solver.too_large", Status::TooLarge),
        }
    }

    /// The values for the text of [`SolverError::code`].
    #[must_use]
    pub fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Unknown { what, number } => vec![("what", (*what).into()), ("number", number.to_string())],
            Self::Capacity { capacity } => vec![("capacity", capacity.to_string())],
            Self::Unbalanced { surplus } => vec![("surplus", surplus.to_string())],
            Self::TooLarge { what } => vec![("what", (*what).into())],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TEXTS;

    #[test]
    fn every_error_has_a_text_in_both_languages_that_uses_its_values() {
        let all = [
            SolverError::Unknown { what: "node", number: 1 },
            SolverError::Capacity { capacity: -1 },
            SolverError::Unbalanced { surplus: 1 },
            SolverError::TooLarge { what: "costs" },
        ];
        let written = include_str!("error.rs").matches("=> Code::new(").count() - 1;
        assert_eq!(written, all.len(), "a new kind is to be put into this list, too");
        for error in all {
            let key = format!("{} = ", error.code().text_key());
            for texts in [TEXTS.0, TEXTS.1] {
                let line = texts.lines().find(|line| line.starts_with(&key)).unwrap_or_else(|| panic!("no text for {key}"));
                for (name, _) in error.args() {
                    assert!(line.contains(&format!("${name} ")), "{key} does not say {name}");
                }
            }
        }
    }
}
