//! What is served: one table of resources with what can be done with them and what they can be searched by, from which searches are read,
//! the statement is written, and against which the routes are tested.

mod list;

pub(crate) use list::SERVED;

/// What kind of parameter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Token,
    Reference,
    /// An address.
    Uri,
    /// A reference by canonical address.
    Address,
    Words,
    /// Words anywhere in a text.
    Text,
    Date,
    Quantity,
    Special,
}

impl Type {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Uri => "uri",
            Self::Reference | Self::Address => "reference",
            Self::Words | Self::Text => "string",
            Self::Quantity => "quantity",
            Self::Date => "date",
            Self::Special => "special",
        }
    }
}

/// A parameter of a search.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: Type,
    pub(crate) definition: Option<&'static str>,
    /// Where in the resource its values stand; empty for what every resource has, and for what is read by its own reader.
    pub(crate) path: &'static str,
}

/// One of our own, which the endpoint itself defines (`SearchParameter`).
const fn own(name: &'static str, kind: Type, path: &'static str) -> Parameter {
    Parameter { name, kind, definition: None, path }
}

/// One that R4 defines.
const fn parameter(name: &'static str, kind: Type, definition: &'static str, path: &'static str) -> Parameter {
    Parameter { name, kind, definition: Some(definition), path }
}

/// What every resource can be searched by.
const ID: Parameter = parameter("_id", Type::Token, "http://hl7.org/fhir/SearchParameter/Resource-id", "");
const LAST_UPDATED: Parameter =
    parameter("_lastUpdated", Type::Date, "http://hl7.org/fhir/SearchParameter/Resource-lastUpdated", "");

/// To which part of the house a resource belongs: what the house does not have is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Readings of those whom an institution follows.
    Care,
    /// The treatment network.
    Treatment,
    /// Telling others what changes.
    Notices,
}

/// An operation, named and defined by SANER (`OperationDefinition-*`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) definition: &'static str,
    /// Whether it is asked of one resource.
    #[cfg_attr(not(test), expect(dead_code, reason = "what is told is held against the routes in a test"))]
    pub(crate) of_one: bool,
    #[cfg_attr(not(test), expect(dead_code, reason = "as before"))]
    pub(crate) methods: &'static [&'static str],
}

const GET: &[&str] = &["GET"];
const POST: &[&str] = &["POST"];
const BOTH: &[&str] = &["GET", "POST"];

const fn operation(name: &'static str, definition: &'static str, of_one: bool, methods: &'static [&'static str]) -> Operation {
    Operation { name, definition, of_one, methods }
}

/// A resource that is served.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) kind: &'static str,
    pub(crate) room: Room,
    pub(crate) profiles: &'static [&'static str],
    pub(crate) interactions: &'static [&'static str],
    pub(crate) search: &'static [Parameter],
    pub(crate) include: &'static [&'static str],
    pub(crate) revinclude: &'static [&'static str],
    pub(crate) conditional_create: bool,
    pub(crate) operations: &'static [Operation],
    /// The key of what is said about it.
    pub(crate) about: &'static str,
}

impl Served {
    /// How others are referred to: the subject of a reading by its number alone.
    pub(crate) const fn references(&self) -> &'static [&'static str] {
        match self.room {
            Room::Care | Room::Notices => &["logical"],
            Room::Treatment => &["literal", "logical"],
        }
    }
}

/// What is only read.
const READ: &[&str] = &["read", "search-type"];

/// A resource of the network that is read and searched.
const fn shelf(
    kind: &'static str,
    search: &'static [Parameter],
    along: [&'static [&'static str]; 2],
    about: &'static str,
) -> Served {
    let [include, revinclude] = along;
    Served {
        kind,
        room: Room::Treatment,
        profiles: &[],
        interactions: READ,
        search,
        include,
        revinclude,
        conditional_create: false,
        operations: &[],
        about,
    }
}

/// A resource by its kind.
pub(crate) fn served(kind: &str) -> Option<&'static Served> {
    SERVED.iter().find(|served| served.kind == kind)
}
