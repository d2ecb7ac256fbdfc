//! The XML form. Name spaces differ by age and brand of the firmware, the names do not: elements are known by their local names.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::Fields;
use crate::payload::Rejection;

/// Deepest nesting that is read.
const DEPTH_MAX: usize = 16;
/// Longest text of a field, in bytes; none that is looked at is longer than a time.
const TEXT_MAX: usize = 256;

/// The fields that are looked at. Entities are not filled in: a body that has one in place of a field, or a document type, is refused.
pub(super) fn fields(body: &[u8]) -> Result<Fields, Rejection> {
    let body = std::str::from_utf8(body).map_err(|_| Rejection::Malformed)?;
    let mut reader = Reader::from_str(body);
    let (mut fields, mut path, mut text) = (Fields::default(), Vec::<String>::new(), String::new());
    loop {
        match reader.read_event().map_err(|_| Rejection::Malformed)? {
            Event::Start(element) => {
                path.push(element.local_name().as_ref().to_owned());
                text.clear();
                if path.len() > DEPTH_MAX {
                    return Err(Rejection::Malformed);
                }
            }
            Event::Text(piece) => {
                let piece = piece.xml10_content();
                if text.len() + piece.len() <= TEXT_MAX {
                    text.push_str(&piece);
                }
            }
            Event::End(_) => {
                let inner = path.iter().any(|name| name == "AccessControllerEvent");
                let name = path.pop().ok_or(Rejection::Malformed)?;
                if !text.trim().is_empty() {
                    fields.put(name.as_bytes(), text.trim(), inner)?;
                }
                if path.is_empty() {
                    return Ok(fields);
                }
                // What stands behind the end of an element is no text of the one around it.
                text.clear();
            }
            Event::DocType(_) | Event::GeneralRef(_) | Event::Eof => return Err(Rejection::Malformed),
            Event::Empty(_) | Event::Comment(_) | Event::CData(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}
