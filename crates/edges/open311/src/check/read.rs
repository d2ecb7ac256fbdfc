//! Reading an answer, XML or JSON, into one form: the JSON of the Spark convention. Lenient in what can still be understood (servers in
//! the field differ), and every leniency is noted as an oddity, which is a fault.

use linli_wire::xml::{self, Bounds, Element, XmlError};
use serde_json::{Map, Value};

/// Elements that are lists, with the name of what is in them.
const LISTS: [(&str, &str); 8] = [
    ("services", "service"),
    ("service_requests", "request"),
    ("errors", "error"),
    ("attributes", "attribute"),
    ("values", "value"),
    ("endpoints", "endpoint"),
    ("formats", "format"),
    ("notes", "note"),
];
/// No answer nests deeper.
const DEEPEST: usize = 16;
/// No answer holds more elements (values and fields, in JSON): a list of 1,000 requests with all their fields has 20,000. What is being
/// read belongs to another, and a few bytes of text take a hundred times as many of memory.
const MOST: usize = 200_000;
/// No name is longer, bytes. It is said again in every oddity.
const LONGEST_NAME: usize = 200;
/// So many oddities are noted; the next ones say nothing new.
const ODDITIES: usize = 200;

/// Why an answer cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Nothing.
    #[error("the body is empty")]
    Empty,
    /// A page for people.
    #[error("it is an HTML page")]
    Html,
    /// Not UTF-8.
    #[error("it is not UTF-8 (byte {0})")]
    NotUtf8(usize),
    /// Two documents.
    #[error("the same body holds two documents, one after the other")]
    Twice,
    /// Not XML.
    #[error("it is not XML: {0}")]
    NotXml(String),
    /// Not JSON.
    #[error("it is not JSON: {0}")]
    NotJson(String),
    /// Deeper than any answer.
    #[error("it nests deeper than {DEEPEST}")]
    TooDeep,
    /// More than any answer holds.
    #[error("it holds more than {MOST} elements")]
    TooMany,
}

/// An answer that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The name of the root element; empty for JSON, which has none.
    pub root: String,
    /// What is in it.
    pub value: Value,
    /// What is not as it should be, though it could be read.
    pub oddities: Vec<String>,
}

fn text(body: &[u8]) -> Result<&str, Unreadable> {
    let text = std::str::from_utf8(body).map_err(|e| Unreadable::NotUtf8(e.valid_up_to()))?;
    let text = text.trim_start_matches('\u{feff}');
    let start = text.trim_start().get(..15).unwrap_or(text.trim_start()).to_ascii_lowercase();
    if start.is_empty() {
        return Err(Unreadable::Empty);
    }
    if start.starts_with("<!doctype html") || start.starts_with("<html") { Err(Unreadable::Html) } else { Ok(text) }
}

/// Reads a JSON answer.
///
/// # Errors
/// When it is none, or more than one.
pub fn json(body: &[u8]) -> Result<Document, Unreadable> {
    let text = text(body)?;
    measure(text)?;
    let mut documents = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = match documents.next() {
        Some(Ok(value)) => value,
        Some(Err(error)) => return Err(Unreadable::NotJson(error.to_string())),
        None => return Err(Unreadable::Empty),
    };
    match documents.next() {
        None => Ok(Document { root: String::new(), value, oddities: Vec::new() }),
        Some(Ok(_)) => Err(Unreadable::Twice),
        Some(Err(error)) => Err(Unreadable::NotJson(error.to_string())),
    }
}

/// Counts what a JSON text would become before anything is made of it. Whether it is JSON is found out afterwards.
fn measure(text: &str) -> Result<(), Unreadable> {
    let (mut depth, mut values, mut quoted, mut escaped) = (0_usize, 1_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => {
                depth = depth.saturating_add(1);
                values = values.saturating_add(1);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' | b':' => values = values.saturating_add(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(Unreadable::TooDeep);
        }
        if values > MOST {
            return Err(Unreadable::TooMany);
        }
    }
    Ok(())
}

/// Reads an XML answer.
///
/// # Errors
/// When it is none, or more than one.
pub fn xml(body: &[u8]) -> Result<Document, Unreadable> {
    let whole = text(body)?;
    let mut oddities = Vec::new();
    let begins = whole.find('<').ok_or_else(|| Unreadable::NotXml("there is no element".to_owned()))?;
    let (before, document) = whole.split_at(begins);
    if before.trim().starts_with("HTTP/") {
        oddities.push("a status line of HTTP stands in the body".to_owned());
    } else if !before.is_empty() {
        oddities.push("something stands before the XML".to_owned());
    }
    if !document.starts_with("<?xml") {
        oddities.push("the XML declaration is missing".to_owned());
    }
    let root = tree(document, &mut oddities)?;
    let value = value(&root, &mut oddities, 0)?;
    Ok(Document { root: root.name, value, oddities })
}

/// The tree of an answer; what its declaration says otherwise is odd.
fn tree(document: &str, oddities: &mut Vec<String>) -> Result<Element, Unreadable> {
    const BOUNDS: Bounds =
        Bounds { elements: MOST, deepest: DEEPEST + 1, longest_name: LONGEST_NAME, attribute: "", strict: false };
    let read = xml::read(document, BOUNDS).map_err(|error| match error {
        XmlError::Twice => Unreadable::Twice,
        XmlError::TooMany(_) => Unreadable::TooMany,
        XmlError::TooDeep(_) => Unreadable::TooDeep,
        XmlError::NotXml(why) => Unreadable::NotXml(why),
    })?;
    if let Some(said) = read.encoding.filter(|said| !said.eq_ignore_ascii_case("utf-8")) {
        oddities.push(format!("the XML declaration says encoding \"{said}\" instead of \"utf-8\""));
    }
    Ok(read.root)
}

fn note(oddities: &mut Vec<String>, oddity: String) {
    if oddities.len() < ODDITIES {
        oddities.push(oddity);
    }
}

fn value(element: &Element, oddities: &mut Vec<String>, depth: usize) -> Result<Value, Unreadable> {
    if depth > DEEPEST {
        return Err(Unreadable::TooDeep);
    }
    if let Some((_, item)) = LISTS.iter().find(|(list, _)| *list == element.name) {
        let mut found = Vec::with_capacity(element.children.len());
        for child in &element.children {
            if child.name != *item {
                note(oddities, format!("{} holds {} instead of {item}", element.name, child.name));
            }
            found.push(value(child, oddities, depth + 1)?);
        }
        return Ok(Value::Array(found));
    }
    if element.children.is_empty() {
        let words = element.text.trim();
        return Ok(if words.is_empty() { Value::Null } else { Value::String(words.to_owned()) });
    }
    let mut fields = Map::new();
    for child in &element.children {
        // Some servers leave the list out and repeat its items.
        let alone = LISTS.iter().find(|(list, item)| *item == child.name && *list != element.name && is_repeated(child));
        let read = value(child, oddities, depth + 1)?;
        match (alone, fields.contains_key(&child.name)) {
            (Some((list, item)), _) => {
                let oddity = format!("{item} stands directly in {}, without {list}", element.name);
                if !oddities.contains(&oddity) {
                    note(oddities, oddity);
                }
                let all = fields.entry((*list).to_owned()).or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(all) = all {
                    all.push(read);
                }
            }
            (None, true) => note(oddities, format!("{} stands twice in {}", child.name, element.name)),
            (None, false) => {
                fields.insert(child.name.clone(), read);
            }
        }
    }
    Ok(Value::Object(fields))
}

/// Whether an element is an item with fields of its own.
fn is_repeated(element: &Element) -> bool {
    !element.children.is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn xml_becomes_what_json_would_be() {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<service_requests><request><service_request_id>006</service_request_id>\
            <description/><address>A &amp; B &#60; <![CDATA[<c>]]></address></request></service_requests>";
        let read = xml(text.as_bytes()).unwrap();
        assert_eq!(read.root, "service_requests");
        assert_eq!(read.value, json!([{ "service_request_id": "006", "description": null, "address": "A & B < <c>" }]));
        assert_eq!(read.oddities, Vec::<String>::new());
        let one =
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><service_requests><request><token>x</token></request></service_requests>";
        assert_eq!(xml(one.as_bytes()).unwrap().value, json!([{ "token": "x" }]));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        assert_eq!(xml(b"<!DOCTYPE html><html></html>"), Err(Unreadable::Html));
        assert_eq!(json(b"\n <HTML><body>502</body></HTML>"), Err(Unreadable::Html));
        assert_eq!(xml(b"  "), Err(Unreadable::Empty));
        assert_eq!(xml(b"<a>\xff</a>"), Err(Unreadable::NotUtf8(3)));
        assert_eq!(xml(b"<errors></errors><errors></errors>"), Err(Unreadable::Twice));
        assert_eq!(json(b"[][]"), Err(Unreadable::Twice));
        for bad in ["<a><b></a>", "<a>", "no xml", "<a>&unknown;</a>", "<a/>words"] {
            assert!(matches!(xml(bad.as_bytes()), Err(Unreadable::NotXml(_))), "{bad}: {:?}", xml(bad.as_bytes()));
        }
        assert!(matches!(json(b"{\"a\":006}"), Err(Unreadable::NotJson(_))));
    }

    #[test]
    fn what_would_take_all_memory_or_the_whole_stack_is_refused_while_it_is_read() {
        for times in [20, 50, 200_000] {
            let deep = format!("{}{}", "<a>".repeat(times), "</a>".repeat(times));
            assert_eq!(xml(deep.as_bytes()), Err(Unreadable::TooDeep), "{times}");
            assert_eq!(xml("<a>".repeat(times).as_bytes()), Err(Unreadable::TooDeep), "{times} that never end");
            let deep = format!("{}{}", "[".repeat(times), "]".repeat(times));
            assert_eq!(json(deep.as_bytes()), Err(Unreadable::TooDeep), "{times}");
            let deep = format!("{}1{}", "{\"a\":".repeat(times), "}".repeat(times));
            assert_eq!(json(deep.as_bytes()), Err(Unreadable::TooDeep), "{times}");
        }
        let wide = format!("<a>{}</a>", "<b/>".repeat(MOST));
        assert_eq!(xml(wide.as_bytes()), Err(Unreadable::TooMany));
        let wide = format!("[{}{{}}]", "{\"a\":1},".repeat(MOST / 3));
        assert_eq!(json(wide.as_bytes()), Err(Unreadable::TooMany));
        let named = format!("<{}/>", "n".repeat(LONGEST_NAME + 1));
        assert!(matches!(xml(named.as_bytes()), Err(Unreadable::NotXml(_))));
        let odd = format!("<services>{}</services>", "<a/>".repeat(ODDITIES * 3));
        assert_eq!(xml(odd.as_bytes()).unwrap().oddities.len(), ODDITIES, "the one about the declaration among them");
    }

    #[test]
    fn what_a_large_server_answers_is_read() {
        let request =
            "<request><service_request_id>\u{4e00}</service_request_id><lat>1</lat><long>2</long></request>".repeat(10_000);
        let text = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><service_requests>{request}</service_requests>");
        assert_eq!(xml(text.as_bytes()).unwrap().value.as_array().unwrap().len(), 10_000);
        let text = "[".to_owned() + &"{\"description\":\"[[[[{{{{ \\\" ,,,,::::\",\"lat\":1},".repeat(20_000) + "{}]";
        assert_eq!(json(text.as_bytes()).unwrap().value.as_array().unwrap().len(), 20_001);
    }

    #[test]
    fn leniency_is_noted() {
        let odd = |text: &str| xml(text.as_bytes()).unwrap().oddities.join("; ");
        assert_eq!(
            odd("HTTP/1.1 403 Forbidden\n\n<errors/>"),
            "a status line of HTTP stands in the body; the XML declaration is missing"
        );
        assert!(odd("<?xml version=\"1.0\"?><errors/>").contains("encoding"));
        assert!(
            odd("<?xml version=\"1.0\" encoding=\"utf-8\"?><services><request/></services>").contains("services holds request")
        );
        let twice =
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><services><service><type>a</type><type>b</type></service></services>";
        assert_eq!(odd(twice), "type stands twice in service");
    }
}
