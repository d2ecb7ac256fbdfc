//! JSON lists, JSON lines and GeoJSON: every member as text, nested members as `a.b`, one element in memory at a time.
//!
//! The file is passed over twice: once for the names of all members, so that a report has all columns from its first row
//! on and a syntax error is known before anything is imported, and once for the rows.

use super::decode::{Encoding, decoded};
use super::detect::Format;
use super::origin::{Origin, Progress};
use super::pump::{self, Pumped, Sink, Stopped};
use super::row::{Headers, Problem, Row, cell_problems};
use crate::{Limits, SheetError};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::sync::Arc;

/// How deep members are taken apart into `a.b.c`; what lies deeper is kept as JSON text.
const DEPTH: usize = 6;
/// The column that holds the geometry of a GeoJSON feature as JSON text.
const GEOMETRY: &str = "geometry";

/// One element: its members as name and text, or nothing when it is no object.
type Element = Option<Vec<(String, String)>>;
type Take<'a> = dyn FnMut(u64, Element) -> ControlFlow<()> + 'a;

#[derive(Clone)]
struct Shape {
    format: Format,
    encoding: Encoding,
    path: Vec<String>,
    limits: Limits,
}

pub(crate) fn open(
    origin: &Origin,
    format: Format,
    encoding: Encoding,
    path: &[String],
    limits: &Limits,
) -> Result<(Arc<Headers>, Pumped, Progress), SheetError> {
    let path = if format == Format::Geojson && path.is_empty() { vec!["features".to_owned()] } else { path.to_vec() };
    let shape = Shape { format, encoding, path, limits: *limits };
    let headers = Arc::new(collect_names(origin, &shape)?);
    let (counted, progress) = origin.open_counted()?;
    let text = decoded(counted, encoding)?;
    let (headers, rows) = pump::start(move |sink| {
        if sink.headers(&headers).is_err() {
            return Ok(());
        }
        each_element(text, &shape, &mut |line, element| match send(sink, &shape, &headers, line, element) {
            Ok(()) => ControlFlow::Continue(()),
            Err(Stopped) => ControlFlow::Break(()),
        })
    })?;
    Ok((headers, rows, progress))
}

fn collect_names(origin: &Origin, shape: &Shape) -> Result<Headers, SheetError> {
    let mut headers = Headers::default();
    let mut any = false;
    let limit = shape.limits.columns;
    let text = decoded(origin.open()?, shape.encoding)?;
    each_element(text, shape, &mut |_, element| {
        any = true;
        for (name, _) in element.into_iter().flatten() {
            if headers.find(&name).is_none() {
                headers.push(name);
            }
        }
        if headers.len() > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if headers.len() > limit {
        let to_u64 = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        return Err(SheetError::TooLarge { what: "columns", actual: to_u64(headers.len()), limit: to_u64(limit) });
    }
    if any { Ok(headers) } else { Err(SheetError::Empty) }
}

fn send(sink: &mut Sink, shape: &Shape, headers: &Arc<Headers>, line: u64, element: Element) -> Result<(), Stopped> {
    let Some(members) = element else {
        let row = Row::new(line, Arc::clone(headers), csv::StringRecord::new(), vec![(0, Problem::NotAnObject)]);
        return sink.row(row);
    };
    let mut cells = vec![String::new(); headers.len()];
    for (name, text) in members {
        if let Some(cell) = headers.find(&name).and_then(|at| cells.get_mut(at)) {
            *cell = text;
        }
    }
    let record: csv::StringRecord = cells.into();
    let geometry = (shape.format == Format::Geojson).then(|| headers.find(GEOMETRY)).flatten();
    let mut problems = cell_problems(&record, &shape.limits, geometry);
    if let Some(at) = geometry
        && record.get(at).is_some_and(|g| g.len() > shape.limits.geometry_bytes)
    {
        problems.push((at, Problem::TooLong));
    }
    sink.row(Row::new(line, Arc::clone(headers), record, problems))
}

fn each_element(text: Box<dyn Read + Send>, shape: &Shape, take: &mut Take<'_>) -> Result<(), SheetError> {
    if shape.format == Format::Ndjson {
        return each_line(text, shape, take);
    }
    let mut walk = Walk { shape, take, number: 0, stopped: false };
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(64 << 10, text));
    let result = Step { walk: &mut walk, depth: 0 }.deserialize(&mut json).and_then(|()| json.end());
    match result {
        Err(e) if !walk.stopped => Err(failure(&e)),
        _ => Ok(()),
    }
}

fn failure(e: &serde_json::Error) -> SheetError {
    let to_u64 = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    SheetError::Json { line: to_u64(e.line()), column: to_u64(e.column()), problem: e.to_string() }
}

fn each_line(text: Box<dyn Read + Send>, shape: &Shape, take: &mut Take<'_>) -> Result<(), SheetError> {
    let mut text = BufReader::with_capacity(64 << 10, text);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let n = (&mut text).take(shape.limits.row_bytes.saturating_add(1)).read_until(b'\n', &mut line)?;
        let n = u64::try_from(n).unwrap_or(u64::MAX);
        if n == 0 {
            break;
        }
        if n > shape.limits.row_bytes {
            return Err(SheetError::TooLarge { what: "row bytes", actual: n, limit: shape.limits.row_bytes });
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let element = serde_json::from_slice::<&RawValue>(&line).ok().and_then(|raw| members(raw, shape.format));
        if (take)(number, element).is_break() {
            break;
        }
    }
    Ok(())
}

/// Finds the list along the path and hands out its elements.
struct Walk<'w, 't> {
    shape: &'w Shape,
    take: &'w mut Take<'t>,
    number: u64,
    stopped: bool,
}

impl Walk<'_, '_> {
    fn element<E: serde::de::Error>(&mut self, raw: &RawValue) -> Result<(), E> {
        self.number = self.number.saturating_add(1);
        if (self.take)(self.number, members(raw, self.shape.format)).is_break() {
            self.stopped = true;
            return Err(E::custom("stopped"));
        }
        Ok(())
    }
}

struct Step<'s, 'w, 't> {
    walk: &'s mut Walk<'w, 't>,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Step<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Step<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.walk.shape.path.join(".");
        if self.depth < self.walk.shape.path.len() {
            write!(f, "an object with the list `{path}`")
        } else {
            write!(f, "a list of objects (name its place in `source.path`)")
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if self.depth < self.walk.shape.path.len() {
            // A list on the way: what is looked for is in each of its elements, and the rows of all are the rows of the file.
            while list.next_element_seed(Step { walk: &mut *self.walk, depth: self.depth })?.is_some() {}
            return Ok(());
        }
        while let Some(raw) = list.next_element::<Box<RawValue>>()? {
            self.walk.element(&raw)?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Some(wanted) = self.walk.shape.path.get(self.depth) else {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self));
        };
        let mut found = false;
        let mut single = Vec::new();
        // A lone Feature is a file of one row.
        let may_be_feature = self.walk.shape.format == Format::Geojson && self.depth == 0;
        while let Some(name) = object.next_key::<String>()? {
            if name == *wanted && !found {
                found = true;
                object.next_value_seed(Step { walk: &mut *self.walk, depth: self.depth.saturating_add(1) })?;
            } else if may_be_feature {
                single.push((name, object.next_value::<Box<RawValue>>()?));
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        if found {
            return Ok(());
        }
        if single.iter().any(|(n, v)| n == "type" && v.get() == "\"Feature\"") {
            let members: Vec<String> =
                single.iter().map(|(n, v)| format!("{}:{v}", serde_json::Value::from(n.as_str()))).collect();
            let raw = RawValue::from_string(format!("{{{}}}", members.join(","))).map_err(A::Error::custom)?;
            return self.walk.element(&raw);
        }
        Err(A::Error::custom(format!("there is no list `{}`", self.walk.shape.path.join("."))))
    }
}

/// The members of an object in order, values not yet read.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Members<'de>, A::Error> {
                let mut all = Vec::new();
                while let Some(member) = object.next_entry::<String, &'de RawValue>()? {
                    all.push(member);
                }
                Ok(Members(all))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

fn members(raw: &RawValue, format: Format) -> Element {
    let Members(all) = serde_json::from_str(raw.get()).ok()?;
    let mut out = Vec::new();
    if format == Format::Geojson {
        for (name, value) in all {
            match name.as_str() {
                "type" | "bbox" => {}
                "properties" if value.get() == "null" => {}
                "properties" => flatten_all(serde_json::from_str::<Members<'_>>(value.get()).ok()?, "", 0, &mut out)?,
                _ => put(name, value, DEPTH, &mut out)?,
            }
        }
        return Some(out);
    }
    flatten_all(Members(all), "", 0, &mut out)?;
    Some(out)
}

fn flatten_all(Members(all): Members<'_>, prefix: &str, depth: usize, out: &mut Vec<(String, String)>) -> Option<()> {
    for (name, value) in all {
        put(if prefix.is_empty() { name } else { format!("{prefix}.{name}") }, value, depth, out)?;
    }
    Some(())
}

/// A member as text: strings decoded, numbers with the digits of the file, objects and lists as JSON, `null` as absent.
fn put(name: String, value: &RawValue, depth: usize, out: &mut Vec<(String, String)>) -> Option<()> {
    let raw = value.get();
    match raw.as_bytes().first() {
        Some(b'n') => {}
        Some(b'"') => out.push((name, serde_json::from_str(raw).ok()?)),
        Some(b'{') if depth < DEPTH => {
            out.push((name.clone(), raw.to_owned()));
            flatten_all(serde_json::from_str(raw).ok()?, &name, depth.saturating_add(1), out)?;
        }
        _ => out.push((name, raw.to_owned())),
    }
    Some(())
}
