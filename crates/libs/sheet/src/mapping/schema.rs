//! Which fields an import wants, declared by whoever imports.

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Text.
    Text,
    /// Text that identifies: never a number, refused when a spreadsheet has turned it into `4.22E+15`.
    Identifier,
    /// A whole number.
    Integer,
    /// A number with so many decimal places, kept as a whole number of its smallest unit.
    Decimal {
        /// Decimal places, at most 9.
        scale: u8,
    },
    /// A moment.
    Instant,
    /// A day without a time.
    Day,
    /// Yes or no (是/否, true/false, 1/0, Y/N).
    Bool,
    /// One of these texts; a mapping turns the file's words into them.
    Choice(&'static [&'static str]),
    /// A place given by longitude and latitude; its coordinate system must be stated.
    Point,
    /// A GeoJSON geometry as text; its coordinate system must be stated.
    Geometry,
}

/// One field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its name in mappings and records.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether a row without it is refused.
    pub required: bool,
    /// Column names that are taken for it when there is no mapping, such as `编码`. For a point: longitude, then latitude.
    pub aliases: &'static [&'static str],
    /// The most characters of its text.
    pub max_chars: usize,
}

impl FieldSpec {
    /// A field that may be absent, with at most 2,000 characters.
    #[must_use]
    pub const fn new(name: &'static str, kind: FieldKind) -> Self {
        Self { name, kind, required: false, aliases: &[], max_chars: 2_000 }
    }

    /// The same, required.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same, known under other names too.
    #[must_use]
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// The same with another limit of characters.
    #[must_use]
    pub const fn max_chars(mut self, max_chars: usize) -> Self {
        self.max_chars = max_chars;
        self
    }
}

/// All fields of one kind of import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// What is imported, as a mapping's `kind` names it, such as `divisions`.
    pub kind: &'static str,
    /// Its fields.
    pub fields: Vec<FieldSpec>,
}

impl Schema {
    /// A schema of these fields.
    #[must_use]
    pub fn new(kind: &'static str, fields: impl Into<Vec<FieldSpec>>) -> Self {
        Self { kind, fields: fields.into() }
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|f| f.name == name)
    }
}
