//! What cannot be built or counted.

use linli_kernel::{Code, Status};

/// Why a plan or a way of counting was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SunError {
    /// An outline of fewer than three corners, without area, that crosses itself, or with a corner that is no number.
    #[error("an outline needs three corners or more, must enclose an area and must not cross itself")]
    Outline,
    /// A top that is not above the bottom, or a bottom below the ground.
    #[error("a block must begin at the ground or above it and end higher than it begins")]
    Height,
    /// A building without windows: there is nothing to ask.
    #[error("there is no window to look from")]
    NoWindows,
    /// A window with a width of zero or less, a sill below the ground, or a number that is none.
    #[error("window {window}: width, sill or direction is not possible")]
    Window {
        /// The window, from 0.
        window: usize,
    },
    /// A window that is inside a building, or looks into it.
    #[error("window {window} is inside a building: it must lie on an outer wall and look away from it")]
    WindowInside {
        /// The window, from 0.
        window: usize,
    },
    /// A shaft that reaches into a building.
    #[error("the shaft reaches into a building: it may only touch its outer wall")]
    ShaftInside,
    /// Hours that do not follow one another, a step of zero or of more than a minute, an angle or spacing that is not possible.
    #[error("the hours, the step, the angle or the spacing is not possible")]
    Counting,
    /// A place beyond the poles or a declination beyond the tropics.
    #[error("the latitude or the declination is not possible")]
    Place,
}

impl SunError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Outline => Code::new("sun.outline", Status::Invalid),
            Self::Height => Code::new("sun.height", Status::Invalid),
            Self::NoWindows => Code::new("sun.no_windows", Status::Invalid),
            Self::Window { .. } => Code::new("sun.window", Status::Invalid),
            Self::WindowInside { .. } => Code::new("sun.window_inside", Status::Invalid),
            Self::ShaftInside => Code::new("sun.shaft_inside", Status::Invalid),
            Self::Counting => Code::new("sun.counting", Status::Invalid),
            Self::Place => Code::new("sun.place", Status::Invalid),
        }
    }

    /// The values for the text of [`SunError::code`]. Windows are counted from 1 there.
    #[must_use]
    pub fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Window { window } | Self::WindowInside { window } => vec![("window", window.saturating_add(1).to_string())],
            _ => Vec::new(),
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
            SunError::Outline,
            SunError::Height,
            SunError::NoWindows,
            SunError::Window { window: 0 },
            SunError::WindowInside { window: 0 },
            SunError::ShaftInside,
            SunError::Counting,
            SunError::Place,
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
