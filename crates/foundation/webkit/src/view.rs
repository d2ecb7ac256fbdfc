//! Small view types that the components in `templates/components.html` draw.

use linli_kernel::Ts;

/// One step of the breadcrumb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crumb {
    /// What it says.
    pub text: String,
    /// Where it leads; empty for the page itself.
    pub href: String,
}

impl Crumb {
    /// A step that leads somewhere.
    #[must_use]
    pub fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: href.into() }
    }

    /// The page itself.
    #[must_use]
    pub fn here(text: impl Into<String>) -> Self {
        Self { text: text.into(), href: String::new() }
    }
}

/// One entry of a timeline, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Ts,
    /// What happened, as a sentence.
    pub text: String,
    /// Who did it, in words; empty when the house did.
    pub who: String,
    /// What they wrote; empty when nothing.
    pub note: String,
    /// Thumbnails and the photos they open.
    pub photos: Vec<Thumb>,
    /// `act`, `soon`, `well`, `info` or empty.
    pub state: &'static str,
}

/// A photo, small, that opens large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumb {
    /// Where the photo is.
    pub href: String,
    /// Where its thumbnail is.
    pub src: String,
    /// What is on it, for those who do not see it.
    pub alt: String,
}

/// A choice of a select or of radio buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What it says.
    pub text: String,
    /// A second, smaller line; empty when none.
    pub hint: String,
}

impl Choice {
    /// A choice without a hint.
    #[must_use]
    pub fn new(value: impl Into<String>, text: impl Into<String>) -> Self {
        Self { value: value.into(), text: text.into(), hint: String::new() }
    }

    /// Whether this is the chosen value.
    #[must_use]
    pub fn is(&self, value: impl AsRef<str>) -> bool {
        self.value == value.as_ref()
    }

    /// The same with a second, smaller line.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

/// A figure that matters, with the sentence behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The number as shown, e.g. `437` or `86.5%`.
    pub value: String,
    /// What it counts.
    pub label: String,
    /// The sentence behind it: against what, since when.
    pub sentence: String,
    /// `act`, `soon`, `well`, `info` or empty.
    pub state: &'static str,
    /// The records it counts; empty when they cannot be opened.
    pub href: String,
}

/// The ends of a page of a list: keyset cursors, never page numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pager {
    /// The address of the newest entries; empty on the first page.
    pub first: String,
    /// The address of the next older entries; empty at the end.
    pub older: String,
}
