//! One tree for both formats: what stands in the XML of GeoReport v2, and its JSON by the Spark convention (the root falls away, a
//! list is an array however many there are, an empty element is null).

use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};

/// A value of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// An empty element; null.
    Nothing,
    /// Text; ids are text too, or leading zeros would be lost.
    Text(String),
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// Degrees, in units of 10⁻⁷.
    Degrees(i64),
    /// Elements of one name; an array.
    List(&'static str, Vec<Node>),
    /// Elements of different names, in order; an object.
    Fields(Vec<(&'static str, Node)>),
}

impl Node {
    /// Text, or nothing when it is empty.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Nothing } else { Self::Text(text) }
    }

    /// The document with this root element, in UTF-8 with its declaration.
    pub(crate) fn xml(&self, root: &str) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        self.element(&mut out, root, 0);
        out
    }

    /// The same as JSON.
    pub(crate) fn json(&self) -> String {
        // Text, numbers and their lists always become JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    fn element(&self, out: &mut String, name: &str, depth: usize) {
        indent(out, depth);
        tag(out, "<", name);
        let lines = match self {
            Self::List(_, nodes) => !nodes.is_empty(),
            Self::Fields(fields) => !fields.is_empty(),
            _ => false,
        };
        if lines {
            out.push('\n');
        }
        match self {
            Self::List(item, nodes) => nodes.iter().for_each(|node| node.element(out, item, depth + 1)),
            Self::Fields(fields) => fields.iter().for_each(|(name, node)| node.element(out, name, depth + 1)),
            Self::Text(text) => escape(out, text),
            leaf => escape(out, &leaf.words()),
        }
        if lines {
            indent(out, depth);
        }
        tag(out, "</", name);
        out.push('\n');
    }

    fn words(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Flag(flag) => flag.to_string(),
            Self::Whole(n) => n.to_string(),
            Self::Degrees(e7) => degrees(*e7),
            Self::Nothing | Self::List(..) | Self::Fields(_) => String::new(),
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nothing => to.serialize_unit(),
            Self::Text(text) => to.serialize_str(text),
            Self::Flag(flag) => to.serialize_bool(*flag),
            Self::Whole(n) => to.serialize_i64(*n),
            // The digits of the text are the digits of the number: the shortest that reads back the same.
            Self::Degrees(e7) => match degrees(*e7).parse::<f64>() {
                Ok(number) => to.serialize_f64(number),
                Err(_) => to.serialize_unit(),
            },
            Self::List(_, nodes) => {
                let mut list = to.serialize_seq(Some(nodes.len()))?;
                nodes.iter().try_for_each(|node| list.serialize_element(node))?;
                list.end()
            }
            Self::Fields(fields) => {
                let mut map = to.serialize_map(Some(fields.len()))?;
                fields.iter().try_for_each(|(name, node)| map.serialize_entry(name, node))?;
                map.end()
            }
        }
    }
}

fn tag(out: &mut String, begins: &str, name: &str) {
    out.push_str(begins);
    out.push_str(name);
    out.push('>');
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

/// 10⁻⁷ degrees as degrees, without zeros at the end.
fn degrees(e7: i64) -> String {
    let sign = if e7 < 0 { "-" } else { "" };
    let all = e7.unsigned_abs();
    let text = format!("{sign}{}.{:07}", all / 10_000_000, all % 10_000_000);
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

/// Text as character data. What XML 1.0 cannot hold at all is left out.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A bare carriage return would be read as a line end.
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() && c < '\u{80}' => {}
            '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Node {
        Node::List(
            "request",
            vec![Node::Fields(vec![
                ("service_request_id", Node::text("006")),
                ("description", Node::Nothing),
                ("address", Node::text("3<4 & \"栋\"\u{1}")),
                ("metadata", Node::Flag(false)),
                ("order", Node::Whole(1)),
                ("lat", Node::Degrees(320_601_000)),
                ("long", Node::Degrees(-1_224_651_145)),
                ("values", Node::List("value", Vec::new())),
            ])],
        )
    }

    #[test]
    fn xml_byte_for_byte() {
        let wanted = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<service_requests>\n  <request>\n    \
            <service_request_id>006</service_request_id>\n    <description></description>\n    <address>3&lt;4 &amp; \"栋\"</address>\n    \
            <metadata>false</metadata>\n    <order>1</order>\n    <lat>32.0601</lat>\n    <long>-122.4651145</long>\n    \
            <values></values>\n  </request>\n</service_requests>\n";
        assert_eq!(sample().xml("service_requests"), wanted);
        assert_eq!(
            Node::List("request", Vec::new()).xml("service_requests"),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<service_requests></service_requests>\n"
        );
    }

    #[test]
    fn json_by_the_spark_convention() {
        let wanted = "[{\"service_request_id\":\"006\",\"description\":null,\"address\":\"3<4 & \\\"栋\\\"\\u0001\",\"metadata\":false,\
            \"order\":1,\"lat\":32.0601,\"long\":-122.4651145,\"values\":[]}]";
        assert_eq!(sample().json(), wanted);
        assert_eq!(Node::List("request", Vec::new()).json(), "[]");
    }

    #[test]
    fn degrees_have_no_more_digits_than_they_need() {
        for (e7, text) in [(0, "0"), (-1, "-0.0000001"), (10_000_000, "1"), (1_187_000_000, "118.7"), (-5_000_000, "-0.5")] {
            assert_eq!(degrees(e7), text);
        }
    }
}
