//! What `toml` has parsed, handed on to the types of rules. The reader of that crate is written anew by the compiler for every type, several
//! times over; this one asks a value for what the type expects and is small, and it knows where every value stands.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, Expected, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and where it begins, bytes from the start of the text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    at: usize,
    value: Value,
}

#[derive(Debug, Clone, PartialEq)]
enum Value {
    /// Words, or a date as it is written.
    Text(String),
    Whole(i64),
    Real(f64),
    Truth(bool),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    key: String,
    /// Where the key begins.
    at: usize,
    node: Node,
}

/// Why a value is none of its type: where, under which keys (innermost first), and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    at: Option<usize>,
    within: Vec<String>,
    message: String,
}

impl Wrong {
    fn in_key(mut self, key: &str, at: usize) -> Self {
        self.at.get_or_insert(at);
        self.within.push(key.to_owned());
        self
    }

    fn at(mut self, at: usize) -> Self {
        self.at.get_or_insert(at);
        self
    }

    /// Where it is, bytes from the start of the text.
    pub(crate) fn offset(&self) -> usize {
        self.at.unwrap_or_default()
    }

    /// What is wrong, one line.
    pub(crate) fn message(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }

    /// The keys that lead to it, with the one that is missing or not known.
    pub(crate) fn field(&self) -> String {
        let named = ["missing field `", "unknown field `", "duplicate field `"]
            .into_iter()
            .find_map(|start| self.message.strip_prefix(start)?.split('`').next());
        let keys = self.within.iter().rev().map(String::as_str);
        keys.chain(named).collect::<Vec<_>>().join(".")
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Wrong {}

impl Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { at: None, within: Vec::new(), message: message.to_string() }
    }
}

impl Node {
    /// Parses a text.
    ///
    /// # Errors
    /// It is not TOML.
    pub(crate) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let root = DeTable::parse(text)?;
        Ok(Self { at: 0, value: table(root.get_ref())? })
    }

    /// The value under this key of a table.
    pub(crate) fn under(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Table(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node),
            _ => None,
        }
    }

    /// This value as a type; `key` is what it stands under, empty for the whole text.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub(crate) fn read<T: DeserializeOwned>(&self, key: &str) -> Result<T, Wrong> {
        let read = T::deserialize(self);
        read.map_err(|wrong| if key.is_empty() { wrong.at(self.at) } else { wrong.in_key(key, self.at) })
    }

    /// What this is when something else was expected.
    fn unexpected(&self, expected: &dyn Expected) -> Wrong {
        let found = match &self.value {
            Value::Text(text) => Unexpected::Str(text),
            Value::Whole(n) => Unexpected::Signed(*n),
            Value::Real(n) => Unexpected::Float(*n),
            Value::Truth(is) => Unexpected::Bool(*is),
            Value::List(_) => Unexpected::Seq,
            Value::Table(_) => Unexpected::Map,
        };
        Wrong::invalid_type(found, expected)
    }
}

fn node(parsed: &Spanned<DeValue<'_>>) -> Result<Node, toml::de::Error> {
    let out_of_range = |what: &str| <toml::de::Error as Error>::custom(format_args!("the {what} is out of range"));
    let value = match parsed.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(n) => Value::Whole(i64::from_str_radix(n.as_str(), n.radix()).map_err(|_| out_of_range("number"))?),
        DeValue::Float(n) => Value::Real(n.as_str().parse().map_err(|_| out_of_range("number"))?),
        DeValue::Boolean(is) => Value::Truth(*is),
        DeValue::Datetime(at) => Value::Text(at.to_string()),
        DeValue::Array(items) => Value::List(items.iter().map(node).collect::<Result<_, _>>()?),
        DeValue::Table(entries) => table(entries)?,
    };
    Ok(Node { at: parsed.span().start, value })
}

fn table(entries: &DeTable<'_>) -> Result<Value, toml::de::Error> {
    let entry = |(key, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
        Ok(Entry { key: key.get_ref().to_string(), at: key.span().start, node: node(value)? })
    };
    entries.iter().map(entry).collect::<Result<_, _>>().map(Value::Table)
}

macro_rules! numbers {
    ($($name:ident)+) => { $(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            match self.value {
                Value::Whole(n) => visitor.visit_i64(n),
                Value::Real(n) => visitor.visit_f64(n),
                _ => Err(self.unexpected(&visitor)),
            }
        }
    )+ };
}

macro_rules! words {
    ($($name:ident)+) => { $(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            match &self.value {
                Value::Text(text) => visitor.visit_str(text),
                _ => Err(self.unexpected(&visitor)),
            }
        }
    )+ };
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match &self.value {
            Value::Text(text) => visitor.visit_str(text),
            Value::Whole(n) => visitor.visit_i64(*n),
            Value::Real(n) => visitor.visit_f64(*n),
            Value::Truth(is) => visitor.visit_bool(*is),
            Value::List(items) => visitor.visit_seq(Items(items.iter())),
            Value::Table(entries) => visitor.visit_map(Entries { rest: entries.iter(), last: None }),
        }
    }

    numbers!(deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64 deserialize_f32 deserialize_f64);
    words!(deserialize_str deserialize_string deserialize_identifier);

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.value {
            Value::Truth(is) => visitor.visit_bool(is),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match &self.value {
            Value::List(items) => visitor.visit_seq(Items(items.iter())),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match &self.value {
            Value::Table(entries) => visitor.visit_map(Entries { rest: entries.iter(), last: None }),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match &self.value {
            Value::Text(name) => visitor.visit_enum(Variant { name, content: None }),
            Value::Table(entries) => match entries.as_slice() {
                [one] => visitor.visit_enum(Variant { name: &one.key, content: Some(&one.node) }),
                _ => Err(self.unexpected(&visitor)),
            },
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 char bytes byte_buf unit unit_struct }
}

struct Items<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Wrong;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Wrong> {
        let Some(node) = self.0.next() else { return Ok(None) };
        seed.deserialize(node).map(Some).map_err(|wrong| wrong.at(node.at))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Entries<'de> {
    rest: std::slice::Iter<'de, Entry>,
    last: Option<&'de Entry>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Wrong;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Wrong> {
        self.last = self.rest.next();
        let Some(entry) = self.last else { return Ok(None) };
        seed.deserialize(StrDeserializer::new(&entry.key)).map(Some).map_err(|wrong: Wrong| wrong.at(entry.at))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        let entry = self.last.ok_or_else(|| Wrong::custom("a value without a key"))?;
        seed.deserialize(&entry.node).map_err(|wrong| wrong.in_key(&entry.key, entry.node.at))
    }
}

struct Variant<'de> {
    name: &'de str,
    content: Option<&'de Node>,
}

impl Variant<'_> {
    fn without_content(&self) -> Wrong {
        Wrong::custom(format_args!("`{}` needs a value", self.name))
    }
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Wrong;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Wrong> {
        let name = seed.deserialize(StrDeserializer::<Wrong>::new(self.name))?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Wrong;

    fn unit_variant(self) -> Result<(), Wrong> {
        match self.content {
            None => Ok(()),
            Some(node) => Err(node.unexpected(&"no value").at(node.at)),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Wrong> {
        let node = self.content.ok_or_else(|| self.without_content())?;
        seed.deserialize(node).map_err(|wrong| wrong.in_key(self.name, node.at))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        let node = self.content.ok_or_else(|| self.without_content())?;
        node.deserialize_seq(visitor).map_err(|wrong| wrong.in_key(self.name, node.at))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Wrong> {
        let node = self.content.ok_or_else(|| self.without_content())?;
        node.deserialize_map(visitor).map_err(|wrong| wrong.in_key(self.name, node.at))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Rule {
        name: String,
        #[serde(default)]
        hours: Option<u8>,
        share: f64,
        firm: bool,
        day: Day,
        steps: Vec<Step>,
        others: BTreeMap<String, (i64, i64)>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Day(String);

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Step {
        Ask,
        Wait(u32),
        Tell { who: String },
    }

    const GOOD: &str = "name = \"lamp\"\nhours = 0x1f\nshare = 2\nfirm = true\nday = 2026-07-01\nsteps = [\"ask\", { wait = 1_000 }, { tell = { who = \"desk\" } }]\n[others]\na = [1, -2]\n";

    fn read(text: &str) -> Result<Rule, Wrong> {
        Node::parse(text).unwrap().read("")
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let rule = read(GOOD).unwrap();
        assert_eq!((rule.name.as_str(), rule.hours, rule.share, rule.firm), ("lamp", Some(31), 2.0, true));
        assert_eq!(rule.day, Day("2026-07-01".to_owned()));
        assert_eq!(rule.steps, [Step::Ask, Step::Wait(1_000), Step::Tell { who: "desk".to_owned() }]);
        assert_eq!(rule.others, BTreeMap::from([("a".to_owned(), (1, -2))]));
        // What another reader of the same text makes of it, as far as that one reads dates.
        let theirs: toml::Table = GOOD.parse().unwrap();
        assert_eq!(theirs["steps"][1]["wait"].as_integer(), Some(1_000));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let told = |old: &str, new: &str| {
            assert!(GOOD.contains(old), "{old}");
            let text = GOOD.replace(old, new);
            let wrong = read(&text).unwrap_err();
            let line = text.bytes().take(wrong.offset()).filter(|byte| *byte == b'\n').count() + 1;
            (line, wrong.field(), wrong.message().to_owned())
        };
        let (line, field, message) = told("0x1f", "300");
        assert_eq!((line, field.as_str()), (2, "hours"));
        assert!(message.starts_with("invalid value: integer `300`"), "{message}");
        assert_eq!(told("firm = true", "firm = 1").1, "firm");
        assert_eq!(told("name = \"lamp\"\n", "").1, "name");
        let (line, field, _) = told("a = [1, -2]", "a = [1, \"b\"]");
        assert_eq!((line, field.as_str()), (8, "others.a"));
        assert_eq!(told("a = [1, -2]", "a = [1]").1, "others.a");
        let (line, field, _) = told("firm = true", "firm = true\nfrim = true");
        assert_eq!((line, field.as_str()), (5, "frim"));
        assert_eq!(told("{ wait = 1_000 }", "{ wait = \"long\" }").1, "steps.wait");
        assert!(told("\"ask\"", "\"shout\"").2.starts_with("unknown variant `shout`"));
        assert!(told("\"ask\"", "\"wait\"").2.contains("needs a value"));
        assert!(told("\"ask\"", "{ ask = 1 }").2.contains("no value"));
        assert!(told("\"ask\"", "{ ask = 1, wait = 2 }").2.starts_with("invalid type: map"));
    }
}
