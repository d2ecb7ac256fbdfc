//! The mapping file: which column becomes which field, and how its texts are read.
//!
//! ```toml
//! kind = "cases"
//! unknown = ["N/A", "Unspecified", "暂无信息"]     # texts that mean: not known
//!
//! [source]                                        # hints, all optional
//! format = "csv"                                  # xlsx, csv, json, ndjson, geojson
//! encoding = "gb18030"                            # utf-8, gb18030
//! delimiter = ";"
//! sheet = "Sheet1"                                # or a number, from 1
//! header_row = 2
//! path = "data.items"                             # place of the list in a JSON document
//! neutralised = true                              # one of our own csv exports
//! fill_down = ["楼栋"]                             # empty cells mean: as above (merged cells)
//!
//! [dates]
//! forms = ["%Y-%m-%dT%H:%M:%S%.f", "excel"]       # none: only forms that can be read in one way
//! zone = "America/New_York"                       # none: Asia/Shanghai
//!
//! [coordinates]
//! crs = "gcj02"                                   # wgs84, cgcs2000, gcj02, bd09; required where places are mapped
//!
//! [columns]
//! name = "小区名称"                                # a column; `*` stands for any text, `#3` for the third column
//! code = { column = ["编码", "code"], integer_text = true }           # the first that is not empty
//! status = { column = "status", values = { Open = "open", "" = "open", "*" = "closed" } }
//! title = { join = "{complaint_type}：{descriptor}" }
//! channel = { constant = "import" }
//! buildings = { column = "楼栋数", unit = "栋" }
//! sold = { column = "sold_count", pattern = "90天成交{n}套", unknown = ["无"] }
//! built = { column = "建成", forms = ["%Y年"], zone = "UTC", optional = true }
//! location = { lon = "经度", lat = "纬度" }         # or { wkt = "position" }, with crs = "…" of its own
//! outline = { column = "geometry" }
//! ```

use super::dates::{DateForm, DateForms};
use super::keys::Keys;
use super::pattern::Pattern;
use super::schema::{FieldKind, FieldSpec, Schema};
use super::wrong::{MappingError, Wrong};
use crate::{Encoding, Format, Hints, SheetChoice};
use jiff::tz::TimeZone;
use linli_geo::Crs;
use std::collections::HashMap;
use std::sync::Arc;
use toml::Value;

/// Where the text of a field comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum From {
    /// The first of these columns that is not empty.
    Columns(Vec<String>),
    /// Always the same.
    Constant(String),
    /// Texts and columns in turn; texts first.
    Join(Vec<(String, Option<String>)>),
    /// Two columns, and the names of one that says the coordinate system of the row.
    LonLat(Vec<String>, Vec<String>, Vec<String>),
    /// `POINT (lon lat)` in one column.
    Wkt(String),
}

/// How one field is filled.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    pub(crate) field: usize,
    pub(crate) from: From,
    pub(crate) unknown: Vec<String>,
    pub(crate) values: HashMap<String, String>,
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) units: Vec<String>,
    pub(crate) integer_text: bool,
    pub(crate) dates: Option<DateForms>,
    pub(crate) crs: Option<Crs>,
    /// Whether the column may be missing from the file.
    pub(crate) optional: bool,
}

/// A mapping: checked against a schema, not yet against a file.
#[derive(Debug, Clone)]
pub struct Mapping {
    pub(crate) schema: Arc<Schema>,
    pub(crate) rules: Vec<Rule>,
    hints: Hints,
    crs: Option<Crs>,
}

const RULE_KEYS: &str =
    "column, constant, join, lon, lat, crs_column, wkt, unknown, values, pattern, unit, integer_text, forms, zone, crs, optional";

struct Defaults {
    unknown: Vec<String>,
    dates: DateForms,
    crs: Option<Crs>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// [`MappingError`] with the key: not TOML, unknown keys, wrong types, fields that the schema does not have, required
    /// fields that are not mapped, and places without a coordinate system.
    pub fn from_toml(text: &str, schema: &Arc<Schema>) -> Result<Self, MappingError> {
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| MappingError::new("(file)", Wrong::told(e)))?;
        let mut root = Keys::new("", table);
        let kind = root.text("kind")?;
        if kind.as_deref() != Some(schema.kind) {
            return Err(root.wrong("kind", Wrong::new("kind", [("kind", schema.kind.to_owned())])));
        }
        let hints = hints(root.table("source")?)?;
        let defaults = defaults(&mut root)?;
        let mut columns = root.table("columns")?;
        let mut rules = Vec::new();
        for (name, value) in columns.rest() {
            let Some(field) = schema.position(&name) else {
                let known: Vec<&str> = schema.fields.iter().map(|f| f.name).collect();
                return Err(columns.wrong(&name, Wrong::new("no-field", [("known", known.join(", "))])));
            };
            let spec = schema
                .fields
                .get(field)
                .ok_or_else(|| columns.wrong(&name, Wrong::new("no-field", [("known", String::new())])))?;
            rules.push(rule(&columns.key(&name), value, field, spec, &defaults)?);
        }
        let mapped = |at: usize| rules.iter().any(|r| r.field == at);
        if let Some((_, spec)) = schema.fields.iter().enumerate().find(|(at, f)| f.required && !mapped(*at)) {
            return Err(columns.wrong(spec.name, Wrong::new("not-mapped", [])));
        }
        root.end("kind, unknown, source, dates, coordinates, columns")?;
        Ok(Self { schema: Arc::clone(schema), rules, hints, crs: defaults.crs })
    }

    /// The mapping for a file whose columns are called like the fields or their aliases. Places need `crs`, or a column `crs`
    /// (坐标系) that says it row by row; a file that has places and neither is refused when it is bound.
    #[must_use]
    pub fn by_name(schema: &Arc<Schema>, crs: Option<Crs>) -> Self {
        let named = |(field, spec): (usize, &FieldSpec)| {
            let names: Vec<String> = std::iter::once(spec.name).chain(spec.aliases.iter().copied()).map(str::to_owned).collect();
            let from = if spec.kind == FieldKind::Point {
                let half = |own: &str, pick: usize| {
                    let aliases = spec.aliases.iter().skip(pick).step_by(2).map(|a| (*a).to_owned());
                    aliases.chain(own.split(' ').map(str::to_owned)).collect()
                };
                From::LonLat(
                    half("lon longitude 经度", 0),
                    half("lat latitude 纬度", 1),
                    vec!["crs".to_owned(), "坐标系".to_owned()],
                )
            } else {
                From::Columns(names)
            };
            let dates = matches!(spec.kind, FieldKind::Instant | FieldKind::Day).then(|| {
                let mut dates = DateForms::unambiguous(linli_kernel::shanghai());
                dates.forms.push(DateForm::Excel);
                dates
            });
            Rule {
                field,
                from,
                unknown: Vec::new(),
                values: HashMap::new(),
                patterns: Vec::new(),
                units: Vec::new(),
                integer_text: spec.kind == FieldKind::Identifier,
                dates,
                crs,
                optional: !spec.required,
            }
        };
        let rules = schema.fields.iter().enumerate().map(named).collect();
        // Files of the own format are written by our exports and reports.
        let hints = Hints { neutralised: true, ..Hints::default() };
        Self { schema: Arc::clone(schema), rules, hints, crs }
    }

    /// What is imported, as the mapping's `kind` says it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.schema.kind
    }

    /// What the mapping says about the file.
    #[must_use]
    pub const fn hints(&self) -> &Hints {
        &self.hints
    }

    /// The coordinate system that `[coordinates]` names.
    #[must_use]
    pub const fn crs(&self) -> Option<Crs> {
        self.crs
    }
}

fn hints(mut keys: Keys) -> Result<Hints, MappingError> {
    let format = match keys.text("format")? {
        None => None,
        Some(f) => Some(Format::parse(&f).ok_or_else(|| keys.wrong("format", Wrong::new("format", [])))?),
    };
    let encoding = match keys.text("encoding")? {
        None => None,
        Some(e) => Some(Encoding::parse(&e).ok_or_else(|| keys.wrong("encoding", Wrong::new("encoding", [])))?),
    };
    let delimiter = match keys.text("delimiter")? {
        None => None,
        Some(d) => match d.as_bytes() {
            [one] if !matches!(one, b'"' | b'\r' | b'\n') => Some(*one),
            _ => return Err(keys.wrong("delimiter", Wrong::new("delimiter", []))),
        },
    };
    let sheet = match keys.take("sheet") {
        None => SheetChoice::FirstWithText,
        Some(Value::String(name)) => SheetChoice::Named(name),
        Some(Value::Integer(n)) if n > 0 => SheetChoice::Number(usize::try_from(n).unwrap_or(usize::MAX)),
        Some(_) => return Err(keys.wrong("sheet", Wrong::new("sheet", []))),
    };
    let header_row = match keys.take("header_row") {
        None => 0,
        Some(Value::Integer(n)) if n > 0 => u64::try_from(n).unwrap_or(0),
        Some(_) => return Err(keys.wrong("header_row", Wrong::new("header-row", []))),
    };
    let path = keys.text("path")?.map(|p| p.split('.').map(str::to_owned).collect()).unwrap_or_default();
    let neutralised = keys.flag("neutralised")?;
    let fill_down = keys.texts("fill_down")?;
    keys.end("format, encoding, delimiter, sheet, header_row, path, neutralised, fill_down")?;
    Ok(Hints { format, encoding, delimiter, sheet, header_row, path, neutralised, fill_down })
}

fn defaults(root: &mut Keys) -> Result<Defaults, MappingError> {
    let unknown = root.texts("unknown")?;
    let mut dates = root.table("dates")?;
    let forms = date_forms(&mut dates, &DateForms::unambiguous(linli_kernel::shanghai()))?;
    dates.end("forms, zone")?;
    let mut coordinates = root.table("coordinates")?;
    let crs = crs(&mut coordinates)?;
    coordinates.end("crs")?;
    Ok(Defaults { unknown, dates: forms, crs })
}

fn crs(keys: &mut Keys) -> Result<Option<Crs>, MappingError> {
    match keys.text("crs")? {
        None => Ok(None),
        Some(name) => Crs::parse(&name).map(Some).map_err(|_| keys.wrong("crs", Wrong::new("crs", [("name", name.clone())]))),
    }
}

fn date_forms(keys: &mut Keys, default: &DateForms) -> Result<DateForms, MappingError> {
    let forms: Result<Vec<DateForm>, Wrong> = keys.texts("forms")?.iter().map(|f| DateForm::parse(f)).collect();
    let forms = forms.map_err(|e| keys.wrong("forms", e))?;
    let zone = match keys.text("zone")? {
        None => default.zone.clone(),
        Some(name) => TimeZone::get(&name).map_err(|_| keys.wrong("zone", Wrong::new("zone", [("name", name.clone())])))?,
    };
    Ok(DateForms { forms: if forms.is_empty() { default.forms.clone() } else { forms }, zone })
}

fn rule(key: &str, value: Value, field: usize, spec: &FieldSpec, defaults: &Defaults) -> Result<Rule, MappingError> {
    let table = match value {
        Value::String(column) => toml::Table::from_iter([("column".to_owned(), Value::String(column))]),
        Value::Table(table) => table,
        _ => return Err(MappingError::new(key, Wrong::new("not-column", []))),
    };
    let mut keys = Keys::new(key, table);
    let from = source(&mut keys, key, spec)?;
    let mut unknown = keys.texts("unknown")?;
    unknown.extend(defaults.unknown.iter().cloned());
    let values = values(&mut keys, spec)?;
    let patterns: Result<Vec<Pattern>, Wrong> = keys.texts("pattern")?.iter().map(|p| Pattern::parse(p)).collect();
    let patterns = patterns.map_err(|e| keys.wrong("pattern", e))?;
    let units = keys.texts("unit")?;
    let integer_text = keys.flag("integer_text")?;
    let optional = keys.flag("optional")?;
    let dates = date_forms(&mut keys, &defaults.dates)?;
    let crs = crs(&mut keys)?.or(defaults.crs);
    keys.end(RULE_KEYS)?;
    let says_by_row = matches!(&from, From::LonLat(_, _, said) if !said.is_empty());
    if matches!(spec.kind, FieldKind::Point | FieldKind::Geometry) && crs.is_none() && !says_by_row {
        return Err(MappingError::new("coordinates.crs", Wrong::new("place-needs-crs", [("key", key.to_owned())])));
    }
    let dates = matches!(spec.kind, FieldKind::Instant | FieldKind::Day).then_some(dates);
    Ok(Rule { field, from, unknown, values, patterns, units, integer_text, dates, crs, optional })
}

fn source(keys: &mut Keys, key: &str, spec: &FieldSpec) -> Result<From, MappingError> {
    let columns = keys.texts("column")?;
    let constant = keys.text("constant")?;
    let join = keys.text("join")?;
    let (lon, lat) = (keys.text("lon")?, keys.text("lat")?);
    let said: Vec<String> = keys.text("crs_column")?.into_iter().collect();
    let wkt = keys.text("wkt")?;
    let place = spec.kind == FieldKind::Point;
    match (columns.is_empty(), constant, join, lon, lat, wkt) {
        (false, None, None, None, None, None) if !place => Ok(From::Columns(columns)),
        (true, Some(text), None, None, None, None) if !place => Ok(From::Constant(text)),
        (true, None, Some(template), None, None, None) if !place => {
            template_parts(&template).map(From::Join).map_err(|e| keys.wrong("join", e))
        }
        (true, None, None, Some(lon), Some(lat), None) if place => Ok(From::LonLat(vec![lon], vec![lat], said)),
        (true, None, None, None, None, Some(column)) if place => Ok(From::Wkt(column)),
        _ if place => Err(MappingError::new(key, Wrong::new("place-columns", []))),
        _ => Err(MappingError::new(key, Wrong::new("one-source", []))),
    }
}

fn values(keys: &mut Keys, spec: &FieldSpec) -> Result<HashMap<String, String>, MappingError> {
    let mut table = keys.table("values")?;
    let mut out = HashMap::new();
    for (from, to) in table.rest() {
        let to = match to {
            Value::String(to) => to,
            other => return Err(table.wrong(&from, Wrong::new("not-text", [("found", other.type_str().to_owned())]))),
        };
        if let FieldKind::Choice(choices) = spec.kind
            && !choices.contains(&to.as_str())
        {
            return Err(table.wrong(&from, Wrong::new("not-one-of", [("value", to), ("choices", choices.join(", "))])));
        }
        out.insert(crate::read::trimmed(&from).to_owned(), to);
    }
    Ok(out)
}

fn template_parts(template: &str) -> Result<Vec<(String, Option<String>)>, Wrong> {
    let mut parts = template.split('{');
    let mut out = vec![(parts.next().unwrap_or_default().to_owned(), None)];
    for part in parts {
        let (column, follows) = part.split_once('}').ok_or_else(|| Wrong::new("hole-open", [("text", template.to_owned())]))?;
        if let Some(last) = out.last_mut() {
            last.1 = Some(column.to_owned());
        }
        out.push((follows.to_owned(), None));
    }
    if out.len() < 2 { Err(Wrong::new("no-hole", [])) } else { Ok(out) }
}
