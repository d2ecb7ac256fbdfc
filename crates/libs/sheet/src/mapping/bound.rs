//! A mapping tied to the columns of one file, and its application to rows.

use super::convert::{self, NumberError};
use super::record::{FieldError, Located, Record, Value};
use super::rules::{From, Mapping, Rule};
use super::schema::{FieldKind, FieldSpec, Schema};
use super::wrong::{MappingError, Wrong};
use crate::{Format, Headers, Row};
use linli_geo::Crs;
use std::borrow::Cow;
use std::sync::Arc;

/// A [`Mapping`] whose columns have been found in a file.
#[derive(Debug, Clone)]
pub struct Bound {
    schema: Arc<Schema>,
    rules: Vec<BoundRule>,
}

#[derive(Debug, Clone)]
struct BoundRule {
    rule: Rule,
    from: Found,
    /// The column for messages.
    column: Option<String>,
}

#[derive(Debug, Clone)]
enum Found {
    Columns(Vec<usize>),
    Constant(String),
    Join(Vec<(String, Option<usize>)>),
    LonLat(Vec<usize>, Vec<usize>, Option<usize>),
    Wkt(usize),
    Nothing,
}

impl Mapping {
    /// Finds the columns in a file.
    ///
    /// # Errors
    /// [`MappingError`] naming the key whose column the file does not have (with the columns it has), or whose `*` fits
    /// several. In JSON a member that no element has counts as empty, so only required fields are missed there.
    pub fn bind(&self, headers: &Headers, format: Format) -> Result<Bound, MappingError> {
        let rules = self.rules.iter().map(|rule| self.bind_rule(rule, headers, format)).collect::<Result<_, _>>()?;
        Ok(Bound { schema: Arc::clone(&self.schema), rules })
    }

    fn bind_rule(&self, rule: &Rule, headers: &Headers, format: Format) -> Result<BoundRule, MappingError> {
        let spec = self.schema.fields.get(rule.field);
        let key = format!("columns.{}", spec.map_or("", |s| s.name));
        let may_lack = rule.optional || (format.omits_empty_columns() && !spec.is_some_and(|s| s.required));
        let find = |names: &[String]| {
            let found = find_columns(names, headers, &key, may_lack)?;
            self.refuse_repeated(&found, headers, &key)?;
            Ok(found)
        };
        let (from, column) = match &rule.from {
            From::Constant(text) => (Found::Constant(text.clone()), None),
            From::Columns(names) => {
                let at = find(names)?;
                let column = at.first().and_then(|at| headers.names().get(*at)).cloned();
                (if at.is_empty() { Found::Nothing } else { Found::Columns(at) }, column)
            }
            From::Join(parts) => {
                let mut bound = Vec::new();
                for (text, column) in parts {
                    let at = match column {
                        Some(name) => find(std::slice::from_ref(name))?.first().copied(),
                        None => None,
                    };
                    bound.push((text.clone(), at));
                }
                (Found::Join(bound), None)
            }
            From::LonLat(lon, lat, said) => {
                let (lon, lat) = (find(lon)?, find(lat)?);
                let said = said.iter().find_map(|name| headers.find(name));
                if !lon.is_empty() && rule.crs.is_none() && said.is_none() {
                    return Err(MappingError::new("coordinates.crs", Wrong::new("place-needs-crs", [("key", key.to_string())])));
                }
                let column = lon.first().and_then(|at| headers.names().get(*at)).cloned();
                (if lon.is_empty() || lat.is_empty() { Found::Nothing } else { Found::LonLat(lon, lat, said) }, column)
            }
            From::Wkt(name) => {
                let at = find(std::slice::from_ref(name))?;
                (at.first().map_or(Found::Nothing, |at| Found::Wkt(*at)), Some(name.clone()))
            }
        };
        if matches!(spec.map(|s| s.kind), Some(FieldKind::Geometry)) && column.is_some() && rule.crs.is_none() {
            return Err(MappingError::new("coordinates.crs", Wrong::new("place-needs-crs", [("key", key.to_string())])));
        }
        Ok(BoundRule { rule: rule.clone(), from, column })
    }
}

impl Bound {
    /// Whether a field of this name is filled from the file or by the mapping.
    #[must_use]
    pub fn fills(&self, field: &str) -> bool {
        let name = |rule: &BoundRule| self.schema.fields.get(rule.rule.field).map(|spec| spec.name);
        self.rules.iter().any(|rule| name(rule) == Some(field) && !matches!(rule.from, Found::Nothing))
    }
}

impl Mapping {
    /// A column whose name comes twice is refused: which of the two is meant cannot be told. A mapping may name the second as `name#2`.
    fn refuse_repeated(&self, found: &[usize], headers: &Headers, key: &str) -> Result<(), MappingError> {
        for name in found.iter().filter_map(|at| headers.names().get(*at)) {
            let second = format!("{name}#2");
            if headers.find(&second).is_some() && !self.rules.iter().any(|rule| rule.from.names(&second)) {
                return Err(MappingError::new(key, Wrong::new("two-columns", [("name", name.clone())])));
            }
        }
        Ok(())
    }
}

impl From {
    /// Whether a column of this name is asked for.
    fn names(&self, name: &str) -> bool {
        let is = |asked: &String| asked == name;
        match self {
            Self::Columns(names) => names.iter().any(is),
            Self::Constant(_) => false,
            Self::Join(parts) => parts.iter().any(|(_, column)| column.as_ref().is_some_and(is)),
            Self::LonLat(lon, lat, said) => lon.iter().chain(lat).chain(said).any(is),
            Self::Wkt(column) => is(column),
        }
    }
}

/// The columns of these names that the file has, in the order of the names.
fn find_columns(names: &[String], headers: &Headers, key: &str, may_lack: bool) -> Result<Vec<usize>, MappingError> {
    let mut out = Vec::new();
    for name in names {
        match headers.find(name) {
            Some(at) => out.push(at),
            None if name.contains('*') => out.extend(find_wild(name, headers, key)?),
            None => {}
        }
    }
    if out.is_empty() && !may_lack {
        let have = headers.names().join(", ");
        return Err(MappingError::new(key, Wrong::new("no-column", [("names", names.join(" / ")), ("have", have)])));
    }
    Ok(out)
}

fn find_wild(name: &str, headers: &Headers, key: &str) -> Result<Option<usize>, MappingError> {
    let wanted = crate::normalise_header(name);
    let (start, end) = wanted.split_once('*').unwrap_or((&wanted, ""));
    let fits = |h: &str| h.len() >= start.len().saturating_add(end.len()) && h.starts_with(start) && h.ends_with(end);
    let mut found = headers.names().iter().enumerate().filter(|(_, h)| fits(h)).map(|(at, _)| at);
    let first = found.next();
    if found.next().is_some() {
        return Err(MappingError::new(key, Wrong::new("several-columns", [("name", name.to_owned())])));
    }
    Ok(first)
}

impl Bound {
    /// Turns a row into a record.
    ///
    /// # Errors
    /// Everything that is wrong with the row, not only the first thing.
    pub fn apply(&self, row: &Row) -> Result<Record, Vec<FieldError>> {
        let mut errors = Vec::new();
        if let Some(problem) = row.row_problem() {
            return Err(vec![FieldError::new("", problem.code())]);
        }
        let mut values = vec![Value::Absent; self.schema.fields.len()];
        for bound in &self.rules {
            let Some((spec, slot)) = self.schema.fields.get(bound.rule.field).zip(values.get_mut(bound.rule.field)) else {
                continue;
            };
            match bound.value(row, spec) {
                Ok(value) => *slot = value,
                Err(mut error) => {
                    error.column = error.column.or_else(|| bound.column.clone());
                    errors.push(error);
                }
            }
        }
        let wrong = |name: &str, errors: &[FieldError]| errors.iter().any(|e| e.field == name);
        for (spec, value) in self.schema.fields.iter().zip(&values) {
            if spec.required && *value == Value::Absent && !wrong(spec.name, &errors) {
                let column = self.rules.iter().find(|b| self.schema.position(spec.name) == Some(b.rule.field));
                let mut error = FieldError::new(spec.name, "required");
                error.column = column.and_then(|b| b.column.clone());
                errors.push(error);
            }
        }
        if errors.is_empty() { Ok(Record { line: row.line, schema: Arc::clone(&self.schema), values }) } else { Err(errors) }
    }
}

impl BoundRule {
    fn value(&self, row: &Row, spec: &FieldSpec) -> Result<Value, FieldError> {
        match &self.from {
            Found::LonLat(lon, lat, said) => {
                let lon = self.first_known(row, lon, spec)?;
                let lat = self.first_known(row, lat, spec)?;
                let said = said.map(|at| self.known(row, at, spec)).transpose()?.flatten();
                self.located(lon, lat, said, spec)
            }
            Found::Wkt(at) => match self.known(row, *at, spec)? {
                None => Ok(Value::Absent),
                Some(text) => {
                    let (lon, lat) =
                        convert::wkt_point(text).ok_or_else(|| FieldError::new(spec.name, "not_a_coordinate").value(text))?;
                    self.located(Some(lon), Some(lat), None, spec)
                }
            },
            Found::Columns(at) => self.convert(self.first_known(row, at, spec)?.map(Cow::Borrowed), spec),
            Found::Constant(text) => self.convert(Some(Cow::Borrowed(text)), spec),
            Found::Join(parts) => self.convert(self.joined(row, parts, spec)?.map(Cow::Owned), spec),
            Found::Nothing => self.convert(None, spec),
        }
    }

    /// The text of a cell unless it means "not known".
    fn known<'r>(&self, row: &'r Row, at: usize, spec: &FieldSpec) -> Result<Option<&'r str>, FieldError> {
        let text = row.at(at);
        if let Some(problem) = row.problem_at(at) {
            let mut error = FieldError::new(spec.name, problem.code()).value(text.unwrap_or_default());
            error.column = row.headers().names().get(at).cloned();
            return Err(error);
        }
        Ok(text.filter(|t| !self.rule.unknown.iter().any(|u| u == t)))
    }

    fn first_known<'r>(&self, row: &'r Row, columns: &[usize], spec: &FieldSpec) -> Result<Option<&'r str>, FieldError> {
        for at in columns {
            if let Some(text) = self.known(row, *at, spec)? {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    fn joined(&self, row: &Row, parts: &[(String, Option<usize>)], spec: &FieldSpec) -> Result<Option<String>, FieldError> {
        let mut out = String::new();
        let mut any = false;
        for (text, column) in parts {
            out.push_str(text);
            if let Some(at) = column
                && let Some(cell) = self.known(row, *at, spec)?
            {
                out.push_str(cell);
                any = true;
            }
        }
        let trimmed = crate::read::trimmed(&out);
        Ok(any.then(|| trimmed.to_owned()))
    }

    fn located(&self, lon: Option<&str>, lat: Option<&str>, said: Option<&str>, spec: &FieldSpec) -> Result<Value, FieldError> {
        let (lon, lat) = match (lon, lat) {
            (None, None) => return Ok(Value::Absent),
            (Some(lon), Some(lat)) => (lon, lat),
            (one, other) => {
                return Err(FieldError::new(spec.name, "half_a_place").value(one.or(other).unwrap_or_default()));
            }
        };
        let crs = match said {
            Some(name) => Crs::parse(name).map_err(|_| FieldError::new(spec.name, "crs_unknown").value(name))?,
            None => self.rule.crs.ok_or_else(|| FieldError::new(spec.name, "crs_missing"))?,
        };
        let point = convert::place(lon, lat, crs).map_err(|(code, hint)| {
            let error = FieldError::new(spec.name, code).value(&format!("{lon}, {lat}"));
            hint.map_or_else(|| error.clone(), |h| error.clone().hint(h))
        })?;
        Ok(Value::Point(Located { point, crs, raw_lon: lon.to_owned(), raw_lat: lat.to_owned() }))
    }

    fn convert(&self, text: Option<Cow<'_, str>>, spec: &FieldSpec) -> Result<Value, FieldError> {
        let text = match text {
            Some(text) => text,
            // `"" = "open"` in the values says what an empty cell means.
            None => match self.rule.values.get("") {
                Some(mapped) => return self.typed(mapped, spec),
                None => return Ok(Value::Absent),
            },
        };
        let wrong = |code: &'static str| FieldError::new(spec.name, code).value(&text);
        let bare = self.without_surroundings(&text).ok_or_else(|| wrong("pattern_mismatch"))?;
        let bare = if self.rule.integer_text { convert::integer_text(bare) } else { bare };
        if self.rule.values.is_empty() || (self.rule.values.len() == 1 && self.rule.values.contains_key("")) {
            return self.typed(bare, spec);
        }
        match self.rule.values.get(bare).or_else(|| self.rule.values.get("*")) {
            Some(mapped) => self.typed(mapped, spec),
            None => {
                let mut known: Vec<&str> = self.rule.values.keys().map(String::as_str).filter(|k| !k.is_empty()).collect();
                known.sort_unstable();
                Err(wrong("value_unknown").hint(known.join("、")))
            }
        }
    }

    /// Takes off a unit or the text of a pattern. Where patterns are given one of them must fit; a bare number always does.
    fn without_surroundings<'t>(&self, text: &'t str) -> Option<&'t str> {
        let patterned = self.rule.patterns.iter().find_map(|p| p.take(text));
        let without_unit = || self.rule.units.iter().find_map(|unit| text.strip_suffix(unit.as_str())).map(str::trim_end);
        let bare_may_stand = self.rule.patterns.is_empty() || convert::scaled_number(text, 9).is_ok();
        patterned.or_else(without_unit).or_else(|| bare_may_stand.then_some(text))
    }

    fn typed(&self, text: &str, spec: &FieldSpec) -> Result<Value, FieldError> {
        let wrong = |code: &'static str| FieldError::new(spec.name, code).value(text);
        let short_enough = || {
            if text.len() > spec.max_chars && text.chars().count() > spec.max_chars {
                return Err(wrong("too_long").hint(spec.max_chars.to_string()));
            }
            Ok(Value::Text(text.to_owned()))
        };
        match spec.kind {
            FieldKind::Text => short_enough(),
            FieldKind::Identifier if convert::has_exponent(text) => Err(wrong("identifier_exponent")),
            FieldKind::Identifier => short_enough(),
            FieldKind::Integer => convert::whole_number(text).map(Value::Int).ok_or_else(|| wrong("not_an_integer")),
            FieldKind::Decimal { scale } => convert::scaled_number(text, scale).map(Value::Int).map_err(|e| match e {
                NumberError::NotANumber => wrong("not_a_number"),
                NumberError::TooPrecise => wrong("too_precise").hint(scale.to_string()),
                NumberError::TooLarge => wrong("number_too_large"),
            }),
            FieldKind::Bool => convert::yes_or_no(text).map(Value::Bool).ok_or_else(|| wrong("not_yes_or_no")),
            FieldKind::Choice(choices) if choices.contains(&text) => Ok(Value::Text(text.to_owned())),
            FieldKind::Choice(choices) => Err(wrong("value_unknown").hint(choices.join("、"))),
            FieldKind::Instant => self.dates().instant(text).map(Value::Instant).map_err(|e| wrong(e.code()).hint(self.forms())),
            FieldKind::Day => self.dates().day(text).map(Value::Day).map_err(|e| wrong(e.code()).hint(self.forms())),
            FieldKind::Geometry => {
                let crs = self.rule.crs.unwrap_or(Crs::Wgs84);
                linli_geo::parse_geometry(text, crs, &linli_geo::Limits::default())
                    .map(Value::Geometry)
                    .map_err(|e| wrong("bad_geometry").hint(e.to_string()))
            }
            FieldKind::Point => Err(wrong("not_a_coordinate")),
        }
    }

    fn dates(&self) -> Cow<'_, super::dates::DateForms> {
        match &self.rule.dates {
            Some(dates) => Cow::Borrowed(dates),
            None => Cow::Owned(super::dates::DateForms::unambiguous(linli_kernel::shanghai())),
        }
    }

    /// The forms a mapping names; too many to say when it names none.
    fn forms(&self) -> String {
        let named = self.dates();
        if named.forms.len() >= super::dates::UNAMBIGUOUS.len() {
            return "2026-11-24, 2026-11-24 08:30, 2026年11月24日".into();
        }
        let texts: Vec<&str> = named
            .forms
            .iter()
            .map(|f| match f {
                super::dates::DateForm::Directives(d) => d.as_str(),
                super::dates::DateForm::Excel => "excel",
            })
            .collect();
        texts.join(", ")
    }
}
