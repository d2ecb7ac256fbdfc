//! A document of others as a tree of elements, bounded while it grows: a deep one cannot even be thrown away again, and a few bytes of text take a
//! hundred times as many of memory.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, XmlVersion};

/// How much is read, and how strictly.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The most elements.
    pub elements: usize,
    /// The most elements within each other.
    pub deepest: usize,
    /// The longest name, in bytes.
    pub longest_name: usize,
    /// The attribute that is kept, by its name without a prefix; none when empty.
    pub attribute: &'static str,
    /// Whether a document type, and a prefix that is not declared, are refused.
    pub strict: bool,
}

/// Why a text is no such document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// Not XML.
    #[error("{0}")]
    NotXml(String),
    /// Two documents, one after the other.
    #[error("the text holds two documents, one after the other")]
    Twice,
    /// More elements than are read.
    #[error("it holds more than {0} elements")]
    TooMany(usize),
    /// Deeper than is read.
    #[error("it nests deeper than {0}")]
    TooDeep(usize),
}

/// An element with what is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name without a prefix.
    pub name: String,
    /// The namespace it is of; empty for none.
    pub of: String,
    /// The attribute that is kept.
    pub attribute: String,
    /// Its text, all pieces of it.
    pub text: String,
    /// The elements in it.
    pub children: Vec<Element>,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// The root.
    pub root: Element,
    /// The encoding that the declaration names, empty where it names none; nothing without a declaration.
    pub encoding: Option<String>,
}

fn not_xml(error: impl std::fmt::Display) -> XmlError {
    XmlError::NotXml(error.to_string())
}

/// Reads a document.
///
/// # Errors
/// When it is none, more than one, or larger than the bounds.
pub fn read(document: &str, bounds: Bounds) -> Result<Tree, XmlError> {
    let mut reader = NsReader::from_str(document);
    let mut growing = Growing { bounds, open: Vec::new(), root: None, elements: 0 };
    let mut encoding = None;
    loop {
        let (of, event) = reader.read_resolved_event().map_err(not_xml)?;
        match event {
            Event::Start(start) => {
                let element = growing.element(&of, &start)?;
                growing.open.push(element);
            }
            Event::Empty(start) => {
                let element = growing.element(&of, &start)?;
                growing.close(element);
            }
            Event::End(_) => {
                let element = growing.open.pop().ok_or_else(|| not_xml("an element ends that did not begin"))?;
                growing.close(element);
            }
            Event::Text(words) => growing.say(&words.xml10_content())?,
            Event::CData(words) => growing.say(&words.xml10_content())?,
            Event::GeneralRef(reference) => growing.say(&character(&reference)?)?,
            Event::Decl(said) => {
                encoding = Some(said.encoding().and_then(Result::ok).map(|named| named.into_owned()).unwrap_or_default());
            }
            // Nobody who answers us needs entities of his own.
            Event::DocType(_) if bounds.strict => return Err(not_xml("a document type is not taken")),
            Event::DocType(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    match (growing.open.last(), growing.root) {
        (Some(element), _) => Err(not_xml(format!("{} does not end", element.name))),
        (None, Some(root)) => Ok(Tree { root, encoding }),
        (None, None) => Err(not_xml("there is no element")),
    }
}

/// The tree as far as it was read.
struct Growing {
    bounds: Bounds,
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Growing {
    /// One more element, while there are not too many.
    fn element(&mut self, of: &ResolveResult<'_>, start: &BytesStart<'_>) -> Result<Element, XmlError> {
        if self.root.is_some() {
            return Err(XmlError::Twice);
        }
        if self.open.len() >= self.bounds.deepest {
            return Err(XmlError::TooDeep(self.bounds.deepest));
        }
        self.elements += 1;
        if self.elements > self.bounds.elements {
            return Err(XmlError::TooMany(self.bounds.elements));
        }
        let name = start.local_name().as_ref().to_owned();
        if name.len() > self.bounds.longest_name {
            return Err(not_xml(format!("a name has {} bytes", name.len())));
        }
        let of = match of {
            ResolveResult::Bound(namespace) => namespace.0.to_owned(),
            ResolveResult::Unknown(prefix) if self.bounds.strict => {
                return Err(not_xml(format!("the prefix {prefix} is not declared")));
            }
            ResolveResult::Unbound | ResolveResult::Unknown(_) => String::new(),
        };
        let mut attribute = String::new();
        if !self.bounds.attribute.is_empty() {
            for one in start.attributes() {
                let one = one.map_err(not_xml)?;
                if one.key.local_name().as_ref() == self.bounds.attribute {
                    attribute = one.normalized_value(XmlVersion::Implicit1_0).map_err(not_xml)?.into_owned();
                }
            }
        }
        Ok(Element { name, of, attribute, ..Element::default() })
    }

    fn say(&mut self, words: &str) -> Result<(), XmlError> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(words),
            None if words.trim().is_empty() => {}
            None => return Err(not_xml("text stands outside the root element")),
        }
        Ok(())
    }

    fn close(&mut self, element: Element) {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }
}

/// A character by its number, or by one of the names that XML itself has.
fn character(reference: &BytesRef<'_>) -> Result<String, XmlError> {
    if let Some(c) = reference.resolve_char_ref().map_err(not_xml)? {
        return Ok(c.to_string());
    }
    let name = reference.xml10_content();
    let known = quick_xml::escape::resolve_xml_entity(&name);
    known.map(str::to_owned).ok_or_else(|| not_xml(format!("the entity &{name}; is not declared")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { elements: 100, deepest: 8, longest_name: 20, attribute: "id", strict: true };

    fn wrong(text: &str) -> XmlError {
        read(text, BOUNDS).unwrap_err()
    }

    #[test]
    fn a_tree_has_its_names_spaces_and_text() {
        let text =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a:b xmlns:a=\"urn:x\" id=\"1\">A &amp; &#66;<c/><![CDATA[<d>]]></a:b>";
        let read = read(text, BOUNDS).unwrap();
        assert_eq!((read.root.name.as_str(), read.root.of.as_str(), read.root.attribute.as_str()), ("b", "urn:x", "1"));
        assert_eq!((read.root.text.as_str(), read.root.children.len(), read.encoding.as_deref()), ("A & B<d>", 1, Some("UTF-8")));
    }

    #[test]
    fn what_is_none_is_refused_while_it_is_read() {
        for text in ["", "words", "<a>", "<a></b>", "<a/>words", "<a>&b;</a>", "<p:a/>", "<!DOCTYPE a><a/>"] {
            assert!(matches!(wrong(text), XmlError::NotXml(_)), "{text}");
        }
        assert_eq!(wrong("<a/><a/>"), XmlError::Twice);
        assert_eq!(wrong(&"<a>".repeat(200_000)), XmlError::TooDeep(8));
        assert_eq!(wrong(&format!("<a>{}</a>", "<b/>".repeat(100))), XmlError::TooMany(100));
        assert!(matches!(wrong(&format!("<{}/>", "n".repeat(21))), XmlError::NotXml(_)));
        let lenient = Bounds { strict: false, ..BOUNDS };
        assert!(read("<!DOCTYPE a><p:a/>", lenient).is_ok());
    }
}
