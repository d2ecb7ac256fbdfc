//! The parameters of a search as the table of its resource has them, the page that is asked for, and where the next one is.

use http::StatusCode;
use linli_geo::Point;
use linli_webkit::RequestInfo;
use serde_json::{Value, json};

use crate::item::{Item, Want, reference};
use crate::outcome::{Issue, Kind, Refusal, outcome};
use crate::search::{Between, MOST, USUAL, span, wrong};
use crate::table::{Parameter, Served, Type};

/// How far is near when nothing is said, in metres.
const NEAR_USUAL: i64 = 10_000;
/// How far anything can be looked for, in metres.
const NEAR_MOST: i64 = 1_000_000;
/// Most resources that come along with a page.
pub(crate) const ALONG_MOST: usize = 1_000;

/// What a resource has to hold for a parameter: one of these.
#[derive(Debug)]
pub(crate) struct Filter {
    pub(crate) parameter: &'static Parameter,
    pub(crate) wanted: Vec<Want>,
    how: How,
}

/// How a filter is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// One of its values is one of these.
    Is,
    /// None of its values is one of these (`:not`).
    IsNot,
    /// It has no value, or has one (`:missing`).
    Missing(bool),
}

/// What comes along: `Kind:parameter`, of one kind or of any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Along {
    pub(crate) kind: String,
    pub(crate) parameter: String,
    pub(crate) target: Option<String>,
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// By id; the nearest on top where nearness is asked for.
    Usual,
    /// Who was changed last at the end.
    Changed,
    /// Who was changed last on top.
    ChangedLast,
}

/// What is searched for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) filters: Vec<Filter>,
    pub(crate) near: Option<(Point, i64)>,
    /// By which titles of their measures reports are searched for (`measure.title`); each time it stands there, one of these.
    titles: Vec<Vec<Want>>,
    changed: Between,
    pub(crate) ids: Option<Vec<String>>,
    order: Order,
    count: usize,
    only_count: bool,
    after: Option<(i64, String)>,
    pub(crate) include: Vec<Along>,
    pub(crate) revinclude: Vec<Along>,
    used: Vec<(String, String)>,
    unknown: Vec<String>,
}

/// Reads the parameters. What is not known is passed over and named in the answer, or refused where that was asked for.
pub(crate) fn read(served: &'static Served, pairs: &[(String, String)], strict: bool) -> Result<Asked, Refusal> {
    let mut asked = Asked {
        filters: Vec::new(),
        near: None,
        titles: Vec::new(),
        changed: Between::EVER,
        ids: None,
        order: Order::Usual,
        count: usize::try_from(USUAL).unwrap_or(50),
        only_count: false,
        after: None,
        include: Vec::new(),
        revinclude: Vec::new(),
        used: Vec::new(),
        unknown: Vec::new(),
    };
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        if !take(served, &mut asked, name, value)? {
            if strict {
                let issue = Issue::new(Kind::NotSupported, "fhir-error-parameter-unknown").arg("name", name.as_str());
                return Err(Refusal::of(StatusCode::BAD_REQUEST, issue.at(format!("http.{name}"))));
            }
            asked.unknown.push(name.clone());
        } else if name != "_page" {
            asked.used.push((name.clone(), value.clone()));
        }
    }
    asked.only_count |= asked.count == 0;
    Ok(asked)
}

/// Takes one parameter; gives whether it is known.
fn take(served: &'static Served, asked: &mut Asked, name: &str, value: &str) -> Result<bool, Refusal> {
    let refused = || wrong(name, value);
    match name {
        "_id" => asked.ids = Some(value.split(',').map(str::to_owned).collect()),
        "_lastUpdated" => asked.changed = asked.changed.and(span(value).ok_or_else(refused)?),
        "_count" => {
            let most = usize::try_from(MOST).unwrap_or(200);
            asked.count = value.parse::<usize>().map_err(|_| refused())?.min(most);
        }
        "_summary" => match value {
            "count" => asked.only_count = true,
            "false" => {}
            _ => return Err(refused()),
        },
        "_sort" => {
            asked.order = match value {
                "_id" => Order::Usual,
                "_lastUpdated" => Order::Changed,
                "-_lastUpdated" => Order::ChangedLast,
                _ => return Err(refused()),
            }
        }
        "_page" => {
            let (key, id) = value.split_once('~').ok_or_else(refused)?;
            asked.after = Some((key.parse().map_err(|_| refused())?, id.to_owned()));
        }
        "_include" => asked.include.push(along(value, served.include).ok_or_else(refused)?),
        "_revinclude" => asked.revinclude.push(along(value, served.revinclude).ok_or_else(refused)?),
        "_format" | "_pretty" | "_total" | "_totalMethod" => {}
        _ => return filter(served, asked, name, value),
    }
    Ok(true)
}

fn along(value: &str, offered: &[&str]) -> Option<Along> {
    let mut parts = value.splitn(3, ':');
    let (kind, parameter, target) = (parts.next()?, parts.next()?, parts.next());
    offered.contains(&format!("{kind}:{parameter}").as_str()).then(|| Along {
        kind: kind.to_owned(),
        parameter: parameter.to_owned(),
        target: target.map(str::to_owned),
    })
}

fn filter(served: &'static Served, asked: &mut Asked, name: &str, value: &str) -> Result<bool, Refusal> {
    // The two chains that there are.
    if let Some(chain) =
        served.search.iter().find(|known| known.path.is_empty() && known.definition.is_some() && known.name == name)
    {
        match chain.kind {
            Type::Special => asked.near = Some(near(value).ok_or_else(|| wrong(name, value))?),
            _ => asked.titles.push(values(value).into_iter().map(|one| Want::Begins(one.to_lowercase())).collect()),
        }
        return Ok(true);
    }
    let (plain, modifier) = match name.find([':', '.']) {
        Some(at) => (name.get(..at).unwrap_or(name), name.get(at..)),
        None => (name, None),
    };
    let Some(parameter) = served.search.iter().find(|known| known.name == plain && !known.path.is_empty()) else {
        return Ok(false);
    };
    // A parameter that is known, with a modifier or a chain that is not: without it something else would be found, so it is refused.
    let not_known = || {
        let issue = Issue::new(Kind::NotSupported, "fhir-error-modifier-unknown").arg("name", name);
        Refusal::of(StatusCode::BAD_REQUEST, issue.at(format!("http.{name}")))
    };
    let refused = || wrong(name, value);
    let modifier = match modifier {
        None => None,
        Some(text) => Some(text.strip_prefix(':').filter(|modifier| !modifier.is_empty()).ok_or_else(not_known)?),
    };
    if parameter.kind == Type::Special {
        if modifier.is_some() {
            return Err(not_known());
        }
        asked.near = Some(near(value).ok_or_else(refused)?);
        return Ok(true);
    }
    if modifier == Some("missing") {
        let missing = value.parse().map_err(|_| refused())?;
        asked.filters.push(Filter { parameter, wanted: Vec::new(), how: How::Missing(missing) });
        return Ok(true);
    }
    let how = if (parameter.kind, modifier) == (Type::Token, Some("not")) { How::IsNot } else { How::Is };
    let mut wanted = Vec::new();
    for one in values(value) {
        wanted.push(match (parameter.kind, modifier) {
            (Type::Token, None | Some("not")) => token(&one).map(|(of, code)| Want::Token(of, code)).ok_or_else(refused)?,
            (Type::Reference, Some("identifier")) => {
                token(&one).map(|(of, value)| Want::Identifier(of, value)).ok_or_else(refused)?
            }
            (Type::Reference, None) => match reference(&one) {
                Some((kind, id)) => Want::Reference(Some(kind.to_owned()), id.to_owned()),
                None => Want::Reference(None, one),
            },
            (Type::Reference, Some(kind)) if kind.starts_with(|c: char| c.is_ascii_uppercase()) && !kind.contains('.') => {
                Want::Reference(Some(kind.to_owned()), reference(&one).map_or(one.as_str(), |(_, id)| id).to_owned())
            }
            (Type::Address | Type::Uri, None) => Want::Address(one),
            (Type::Words, None) => Want::Begins(one.to_lowercase()),
            (Type::Words | Type::Text, Some("contains")) | (Type::Text, None) => Want::Holds(one.to_lowercase()),
            (Type::Words | Type::Text, Some("exact")) => Want::Exactly(one),
            (Type::Date, None) => Want::Time(prefix(&one), span(&one).ok_or_else(refused)?),
            _ => return Err(not_known()),
        });
    }
    asked.filters.push(Filter { parameter, wanted, how });
    Ok(true)
}

/// The values between commas; a comma with a backslash before it is part of one.
fn values(text: &str) -> Vec<String> {
    let (mut all, mut one, mut escaped) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '\\' if !escaped => escaped = true,
            ',' if !escaped => all.push(std::mem::take(&mut one)),
            _ => {
                one.push(c);
                escaped = false;
            }
        }
    }
    all.push(one);
    all.retain(|one| !one.is_empty());
    all
}

/// A system and a code: of a system that is `None` any, of a code that is `None` all.
fn token(text: &str) -> Option<(Option<String>, Option<String>)> {
    let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    match text.split_once('|') {
        None => Some((None, said(text))),
        Some(("", "")) => None,
        Some((system, code)) => Some((Some(system.to_owned()), said(code))),
    }
}

fn prefix(text: &str) -> &'static str {
    ["eq", "ne", "ge", "gt", "le", "lt", "sa", "eb"].into_iter().find(|prefix| text.starts_with(prefix)).unwrap_or("eq")
}

/// `latitude|longitude|distance|unit`.
fn near(text: &str) -> Option<(Point, i64)> {
    let mut parts = text.split('|');
    let (lat, lon) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let (far, unit) = (parts.next().filter(|far| !far.is_empty()), parts.next().filter(|unit| !unit.is_empty()));
    let metres = match far {
        None => NEAR_USUAL,
        Some(far) => {
            let far: f64 = far.parse().ok().filter(|far: &f64| far.is_finite() && *far >= 0.0)?;
            let per = match unit {
                None | Some("km") => 1_000.0,
                Some("m") => 1.0,
                Some("[mi_us]" | "[mi_i]" | "mi") => 1_609.344,
                Some(_) => return None,
            };
            format!("{:.0}", far * per).parse::<i64>().ok()?.min(NEAR_MOST)
        }
    };
    Some((Point::from_degrees(lon, lat).ok()?, metres))
}

/// What was found: the resources of the page with the places they have in the order, whether there are more, and how many in all.
#[derive(Debug)]
pub(crate) struct Found<I> {
    pub(crate) page: Vec<(i64, String, I)>,
    more: bool,
    pub(crate) total: usize,
}

impl Asked {
    /// Whether a resource is what is searched for.
    pub(crate) fn is(&self, item: &impl Item) -> bool {
        let any = |filter: &Filter| item.any(filter.parameter, &mut |field| filter.wanted.iter().any(|want| want.is(&field)));
        let held = |filter: &Filter| match filter.how {
            How::Is => any(filter),
            How::IsNot => !any(filter),
            How::Missing(missing) => item.any(filter.parameter, &mut |_| true) != missing,
        };
        let changed = item.changed();
        (self.changed.from <= changed && changed < self.changed.until)
            && self.filters.iter().all(held)
            && self.ids.as_ref().is_none_or(|ids| ids.contains(&item.id()))
    }

    /// Whether something is searched for that the resources themselves do not say: a chain.
    pub(crate) fn has_chain(&self) -> bool {
        self.near.is_some() || !self.titles.is_empty()
    }

    /// Whether a measure by one of its titles is among those that are searched for.
    pub(crate) fn is_titled(&self, titles: &[&str]) -> bool {
        let is = |want: &Want| titles.iter().any(|title| want.is(&crate::item::Field::Words(title)));
        self.titles.iter().all(|wanted| wanted.iter().any(is))
    }

    /// What a parameter of time leaves open, for a store that is asked for no more than that.
    pub(crate) fn span(&self, name: &str) -> Between {
        let times =
            self.filters.iter().filter(|filter| filter.how == How::Is && filter.parameter.name == name).filter_map(|filter| {
                match filter.wanted.as_slice() {
                    [Want::Time(_, between)] => Some(*between),
                    _ => None,
                }
            });
        times.fold(Between::EVER, Between::and)
    }

    /// Picks the page out of what may be meant; each resource comes with its place in the usual order.
    pub(crate) fn pick<I: Item>(&self, candidates: impl Iterator<Item = (i64, I)>) -> Found<I> {
        let mut all: Vec<(i64, String, I)> = Vec::new();
        let mut total = 0;
        for (place, item) in candidates.filter(|(_, item)| self.is(item)) {
            total += 1;
            if !self.only_count {
                let key = match self.order {
                    Order::Usual => place,
                    Order::Changed => item.changed().0,
                    Order::ChangedLast => -item.changed().0,
                };
                all.push((key, item.id(), item));
            }
        }
        all.sort_unstable_by(|(a, one, _), (b, other, _)| (a, one).cmp(&(b, other)));
        if let Some((key, id)) = &self.after {
            all.retain(|(at, one, _)| (at, one) > (key, id));
        }
        let more = all.len() > self.count;
        all.truncate(self.count);
        Found { page: all, more, total }
    }

    /// The bundle of a page, with what comes along.
    pub(crate) fn bundle<I: Item>(&self, info: &RequestInfo, at: &str, found: &Found<I>, along: Vec<Value>) -> Value {
        let link = |page: Option<String>| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(&self.used);
            if let Some(page) = page {
                query.append_pair("_page", &page);
            }
            format!("{at}?{}", query.finish())
        };
        let cursor = |(key, id): (&i64, &String)| format!("{key}~{id}");
        let own = self.after.as_ref().map(|(key, id)| cursor((key, id)));
        let mut links = vec![json!({ "relation": "self", "url": link(own) })];
        if let Some((key, id, _)) = found.page.last().filter(|_| found.more) {
            links.push(json!({ "relation": "next", "url": link(Some(cursor((key, id)))) }));
        }
        let base = at.rsplit_once('/').map_or(at, |(base, _)| base);
        let entry = |resource: Value, mode: &str| {
            let (kind, id) = (resource.get("resourceType"), resource.get("id"));
            let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
            json!({ "fullUrl": format!("{base}/{}/{}", text(kind), text(id)), "resource": resource, "search": { "mode": mode } })
        };
        let mut entries: Vec<Value> = found.page.iter().map(|(_, _, item)| entry(item.json(), "match")).collect();
        entries.extend(along.into_iter().map(|resource| entry(resource, "include")));
        if !self.unknown.is_empty() {
            let issue = |name: &String| {
                Issue::new(Kind::NotSupported, "fhir-error-parameter-unknown")
                    .arg("name", name.as_str())
                    .at(format!("http.{name}"))
            };
            let issues: Vec<Issue> = self.unknown.iter().map(issue).collect();
            entries.push(json!({ "resource": outcome(info.t(), "warning", &issues), "search": { "mode": "outcome" } }));
        }
        let mut bundle = json!({ "resourceType": "Bundle", "type": "searchset", "total": found.total, "link": links });
        if let (Some(fields), false) = (bundle.as_object_mut(), entries.is_empty()) {
            fields.insert("entry".to_owned(), json!(entries));
        }
        bundle
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::served;

    fn asked(query: &str) -> Result<Asked, Refusal> {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        read(served("Location").unwrap(), &pairs, false)
    }

    #[test]
    fn nearness_is_a_point_a_distance_and_a_unit() {
        let point = Point::from_degrees(116.4, 39.9).unwrap();
        let near = |text: &str| asked(&format!("near={text}")).map(|asked| asked.near);
        assert_eq!(near("39.9|116.4|5|km"), Ok(Some((point, 5_000))));
        assert_eq!(near("39.9|116.4|5"), Ok(Some((point, 5_000))));
        assert_eq!(near("39.9|116.4|250.4|m"), Ok(Some((point, 250))));
        assert_eq!(near("39.9|116.4"), Ok(Some((point, NEAR_USUAL))));
        for wrong in ["39.9", "91|116.4|5|km", "39.9|116.4|-1|km", "39.9|116.4|5|furlong", "x|y|5|km"] {
            assert_eq!(near(wrong).unwrap_err().issues[0].expression.as_deref(), Some("http.near"), "{wrong}");
        }
    }

    #[test]
    fn a_comma_is_or_and_a_parameter_twice_is_and() {
        let found = asked("type=ICU,a|b&type=x\\,y&partof=Location/7&name:contains=Bei&status:not=active&colour=red").unwrap();
        let nots: Vec<bool> = found.filters.iter().map(|filter| filter.how == How::IsNot).collect();
        assert_eq!(nots, [false, false, false, false, true]);
        let wanted: Vec<&[Want]> = found.filters.iter().map(|filter| filter.wanted.as_slice()).collect();
        let token = |of: Option<&str>, code: &str| Want::Token(of.map(str::to_owned), Some(code.to_owned()));
        assert_eq!(
            wanted,
            [
                [token(None, "ICU"), token(Some("a"), "b")].as_slice(),
                &[token(None, "x,y")],
                &[Want::Reference(Some("Location".to_owned()), "7".to_owned())],
                &[Want::Holds("bei".to_owned())],
                &[token(None, "active")],
            ]
        );
        assert_eq!(found.unknown, ["colour"]);
    }

    #[test]
    fn a_modifier_or_a_chain_that_is_not_known_is_refused_and_not_passed_over() {
        for wrong in [
            "status:text=a",
            "status:in=a",
            "name:below=a",
            "organization.name=a",
            "organization:Organization.name=a",
            "near:exact=1|1",
            "_count=1&partof:=1",
        ] {
            let refused = asked(wrong).unwrap_err();
            assert_eq!((refused.status, refused.issues[0].kind), (StatusCode::BAD_REQUEST, Kind::NotSupported), "{wrong}");
        }
        assert_eq!(asked("status:missing=perhaps").unwrap_err().issues[0].kind, Kind::Value);
        let place = crate::item::Whole {
            value: serde_json::json!({ "status": "active", "address": { "city": "南京市" } }),
            changed: linli_kernel::Ts(0),
        };
        let is = |query: &str| asked(query).unwrap().is(&place);
        assert!(is("status:not=inactive") && !is("status:not=active,inactive") && is("operational-status:not=O"));
        assert!(is("operational-status:missing=true") && is("status:missing=false") && !is("status:missing=true"));
        assert!(is("address-city=南京") && !is("address-city=北京") && !is("address-state=江苏"));
    }

    #[test]
    fn what_comes_along_is_what_the_table_offers() {
        let found = asked("_include=Location:organization&_revinclude=HealthcareService:location").unwrap();
        assert_eq!((found.include.len(), found.revinclude.len()), (1, 1));
        assert_eq!(asked("_include=Location:colour").unwrap_err().status, StatusCode::BAD_REQUEST);
        assert!(asked("_summary=count").unwrap().only_count && asked("_count=0").unwrap().only_count);
    }
}
