//! Reports as tables, by the conversion that SANER describes: a row a report, a column a figure. Zero, unknown and kept back are three things in
//! a table as well: `0`, `unknown` and `masked`; an empty cell was not told.

use std::collections::BTreeMap;

use linli_sheet::{neutralise, restore};
use linli_treatment::model::{Figures, Stated};
use linli_treatment::rules::returns::Form;
use serde_json::{Value, json};

use super::write::canonical;
use super::{ABSENT, BECAUSE, FIGURE, MEASURED, OF_SANER, absent, stated};
use crate::item::reference;
use crate::network::codes::CODE;
use crate::network::put;
use crate::outcome::{Issue, Kind};

/// Most rows of a table that is sent.
const ROWS_MOST: usize = 2_000;
/// Columns that are no figures, as SANER calls them.
const PLAIN: [(What<'static>, &str); 4] =
    [(What::Subject, "subject"), (What::Reporter, "reporter"), (What::From, "period-start"), (What::Until, "period-end")];
/// Ours beside them: why something is corrected, or unusual. It is read, and never written.
const WHY: &str = "because";
/// Columns of strata: there are none here.
const STRATA: [&str; 2] = ["stratifier", "stratum"];

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What<'a> {
    Subject,
    Reporter,
    From,
    Until,
    Because,
    Figure(&'a str),
}

/// The columns of a table, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns<'a> {
    all: Vec<(What<'a>, String)>,
    /// Whether columns that are not named are passed over: they were left out of a map.
    mapped: bool,
}

/// A report as a row that is written.
#[derive(Debug, Clone)]
pub(crate) struct Line<'a> {
    pub(crate) subject: &'a str,
    pub(crate) from: String,
    pub(crate) until: String,
    pub(crate) figures: &'a Figures,
}

/// A row that was sent, as a report, with the column of each of its populations.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sent {
    pub(crate) report: Value,
    row: usize,
    columns: Vec<String>,
}

impl Sent {
    /// Where in the table something is wrong: `csv[3].icu_open`, the first row after the heads being 1.
    pub(crate) fn placed(&self, mut issue: Issue) -> Issue {
        let path = issue.expression.take().unwrap_or_default();
        let population = path
            .strip_prefix("MeasureReport.group[0].population[")
            .and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
        let column = match population.and_then(|at| self.columns.get(at)) {
            Some(column) => column.clone(),
            None => [("period", "period-start"), ("subject", "subject"), ("reporter", "reporter"), ("extension", WHY)]
                .into_iter()
                .find(|(name, _)| path.starts_with(&format!("MeasureReport.{name}")))
                .map_or_else(String::new, |(_, column)| column.to_owned()),
        };
        let dot = if column.is_empty() { "" } else { "." };
        issue.at(format!("csv[{}]{dot}{column}", self.row))
    }
}

/// The field of a form that a code means, with the system where one is named.
fn field<'f>(form: &'f Form, system: Option<&str>, code: &str) -> Option<&'f str> {
    let own = || form.field(code).filter(|_| system.is_none_or(|system| system == FIGURE));
    let of_saner = || {
        let known = OF_SANER.iter().find(|(of, _, known)| *of == form.id && *known == code);
        known.filter(|_| system.is_none_or(|system| system == MEASURED)).and_then(|(_, field, _)| form.field(field))
    };
    own().or_else(of_saner).map(|field| field.id.as_str())
}

impl<'a> Columns<'a> {
    /// Those of a form; with a map only the figures that it names, under its names and in its order.
    ///
    /// # Errors
    /// A code that the measure does not have.
    pub(crate) fn of(form: &'a Form, map: &[String]) -> Result<Self, Issue> {
        let mut plain: Vec<(What<'a>, String)> = PLAIN.iter().map(|(what, name)| (*what, (*name).to_owned())).collect();
        let mut figures = Vec::new();
        let mut because = WHY.to_owned();
        for one in map.iter().flat_map(|one| one.split(',')).map(str::trim).filter(|one| !one.is_empty()) {
            let (code, name) = one.split_once('$').unwrap_or((one, ""));
            let (system, code) = code.rsplit_once('|').map_or((None, code), |(system, code)| (Some(system), code));
            let name = if name.is_empty() { code } else { name }.to_owned();
            if code == WHY {
                because = name;
            } else if let Some(known) = plain.iter_mut().find(|(what, _)| PLAIN.contains(&(*what, code))) {
                known.1 = name;
            } else {
                let unknown = || Issue::new(Kind::NotSupported, "fhir-error-figure").arg("code", code).at("http.map");
                figures.push((What::Figure(field(form, system, code).ok_or_else(unknown)?), name));
            }
        }
        let mapped = !figures.is_empty();
        if !mapped {
            figures = form.fields.iter().map(|field| (What::Figure(field.id.as_str()), field.id.clone())).collect();
        }
        plain.extend(figures);
        plain.push((What::Because, because));
        Ok(Self { all: plain, mapped })
    }

    /// The table: heads, then a row a report.
    ///
    /// # Errors
    /// What the writer cannot write.
    pub(crate) fn write(&self, lines: &[Line<'_>]) -> Result<String, csv::Error> {
        let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        let shown = || self.all.iter().filter(|(what, _)| *what != What::Because);
        out.write_record(shown().map(|(_, name)| neutralise(name).into_owned()))?;
        for line in lines {
            let cell = |what: &What<'_>| match what {
                What::Subject | What::Reporter => neutralise(line.subject).into_owned(),
                What::From => line.from.clone(),
                What::Until => line.until.clone(),
                What::Because => String::new(),
                What::Figure(field) => match line.figures.get(*field) {
                    None => String::new(),
                    Some(Stated::Number(number)) => number.to_string(),
                    Some(stated) => absent(*stated).unwrap_or_default().to_owned(),
                },
            };
            out.write_record(shown().map(|(what, _)| cell(what)))?;
        }
        let bytes = out.into_inner().map_err(|error| csv::Error::from(std::io::Error::other(error.to_string())))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The rows of a table that was sent, each as a report. `period` stands where the table has none.
    ///
    /// # Errors
    /// Everything that is wrong with the table itself.
    pub(crate) fn read(&self, text: &str, (form, base): (&Form, &str), period: (&str, &str)) -> Result<Vec<Sent>, Vec<Issue>> {
        let unreadable = |row: usize| Issue::new(Kind::Structure, "fhir-error-csv").at(format!("csv[{row}]"));
        let text = text.trim_start_matches('\u{feff}');
        let mut table = csv::ReaderBuilder::new().from_reader(text.as_bytes());
        let heads = table.headers().map_err(|_| vec![unreadable(0)])?.clone();
        let mut columns: BTreeMap<usize, (What<'_>, &str)> = BTreeMap::new();
        let mut issues: Vec<Issue> = Vec::new();
        for (at, head) in heads.iter().enumerate() {
            let head = restore(head.trim());
            let known = self.all.iter().find(|(_, name)| name == head).map(|(what, name)| (*what, name.as_str()));
            match known {
                Some((what, _)) if columns.values().any(|(other, _)| *other == what) => {
                    issues.push(
                        Issue::new(Kind::Duplicate, "fhir-error-entry-twice").arg("url", head).at(format!("csv[0].{head}")),
                    );
                }
                Some(known) => {
                    columns.insert(at, known);
                }
                // Empty columns of strata are those of a table without any.
                None if self.mapped || STRATA.contains(&head) => {}
                None => issues
                    .push(Issue::new(Kind::NotSupported, "fhir-error-figure").arg("code", head).at(format!("csv[0].{head}"))),
            }
        }
        let mut found = Vec::new();
        for (n, record) in table.records().enumerate() {
            let row = n + 1;
            if row > ROWS_MOST {
                issues.push(
                    Issue::new(Kind::TooLong, "fhir-error-csv-long").arg("most", ROWS_MOST.to_string()).at(format!("csv[{row}]")),
                );
                break;
            }
            let Ok(record) = record else {
                issues.push(unreadable(row));
                continue;
            };
            let stratum = heads.iter().zip(&record).find(|(head, cell)| STRATA.contains(&head.trim()) && !cell.trim().is_empty());
            if let Some((head, _)) = stratum {
                issues.push(Issue::new(Kind::NotSupported, "fhir-error-stratifier").at(format!("csv[{row}].{}", head.trim())));
            }
            let cells: BTreeMap<What<'_>, (&str, &str)> = record
                .iter()
                .enumerate()
                .filter_map(|(at, cell)| {
                    let (what, name) = *columns.get(&at)?;
                    Some((what, (name, restore(cell.trim()))))
                })
                .filter(|(_, (_, cell))| !cell.is_empty())
                .collect();
            match sent(row, &cells, (form, base), period) {
                Ok(sent) => found.push(sent),
                Err(wrong) => issues.extend(wrong),
            }
        }
        if found.is_empty() && issues.is_empty() {
            issues.push(Issue::new(Kind::Required, "fhir-error-required").at("csv[1]"));
        }
        if issues.is_empty() { Ok(found) } else { Err(issues) }
    }
}

/// A row as a report.
fn sent(
    row: usize,
    cells: &BTreeMap<What<'_>, (&str, &str)>,
    (form, base): (&Form, &str),
    period: (&str, &str),
) -> Result<Sent, Vec<Issue>> {
    let cell = |what: What<'_>| cells.get(&what).map(|(_, cell)| *cell);
    let (mut populations, mut columns, mut issues) = (Vec::new(), Vec::new(), Vec::new());
    for (what, (name, cell)) in cells {
        let What::Figure(field) = what else { continue };
        let mut population = json!({ "code": { "coding": [{ "system": FIGURE, "code": field }] } });
        match (cell.parse::<i64>(), stated(cell)) {
            (Ok(number), _) => put(&mut population, "count", Some(json!(number))),
            (_, Some(_)) => {
                put(&mut population, "_count", Some(json!({ "extension": [{ "url": ABSENT, "valueCode": cell }] })));
            }
            _ => issues.push(Issue::new(Kind::Value, "fhir-error-value").arg("value", *cell).at(format!("csv[{row}].{name}"))),
        }
        populations.push(population);
        columns.push((*name).to_owned());
    }
    let mut report = json!({
        "resourceType": "MeasureReport",
        "status": "complete",
        "type": "summary",
        "measure": canonical(base, &form.id),
        "period": {},
        "group": [{ "population": populations }],
    });
    if let Some(said) = report.get_mut("period") {
        for (name, at) in [("start", cell(What::From).unwrap_or(period.0)), ("end", cell(What::Until).unwrap_or(period.1))] {
            put(said, name, Some(json!(at)).filter(|_| !at.is_empty()));
        }
    }
    put(&mut report, "subject", cell(What::Subject).map(|said| referring(said, "Location")));
    put(&mut report, "reporter", cell(What::Reporter).map(|said| referring(said, "Organization")));
    put(&mut report, "extension", cell(What::Because).map(|why| json!([{ "url": BECAUSE, "valueString": why }])));
    if populations_missing(&report) {
        issues.push(Issue::new(Kind::Required, "fhir-error-required").at(format!("csv[{row}]")));
    }
    if issues.is_empty() { Ok(Sent { report, row, columns }) } else { Err(issues) }
}

fn populations_missing(report: &Value) -> bool {
    report.pointer("/group/0/population").and_then(Value::as_array).is_none_or(Vec::is_empty)
}

/// An institution as a cell names it: a reference, an identifier with its system, or the code alone.
pub(crate) fn referring(said: &str, kind: &str) -> Value {
    match (reference(said), said.split_once('|')) {
        (Some((of, _)), _) if of == kind => json!({ "reference": said }),
        (_, Some((system, value))) => json!({ "identifier": { "system": system, "value": value } }),
        _ => json!({ "identifier": { "system": CODE, "value": said } }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linli_kernel::{PlacePath, Ts};
    use linli_rulebook::Rulebook;
    use linli_treatment::rules::NETWORK_PACKS;
    use linli_treatment::rules::returns::{Forms, RETURNS_ID};

    fn forms() -> Forms {
        let book = Rulebook::builtin(&NETWORK_PACKS).unwrap();
        book.get::<Forms>(RETURNS_ID, &PlacePath::root(), Ts(1_800_000_000_000_000)).unwrap().value.clone()
    }

    fn places(issues: &[Issue]) -> Vec<&str> {
        issues.iter().map(|issue| issue.expression.as_deref().unwrap()).collect()
    }

    #[test]
    fn what_is_written_is_read_again_and_three_things_stay_three() {
        let forms = forms();
        let form = forms.form("icu").unwrap();
        let figures: Figures = [("icu_open", Stated::Number(0)), ("icu_used", Stated::Unknown), ("nurses", Stated::Suppressed)]
            .into_iter()
            .map(|(field, stated)| (field.to_owned(), stated))
            .collect();
        let line = Line { subject: "=0002", from: "2026-11-23".to_owned(), until: "2026-11-23".to_owned(), figures: &figures };
        let columns = Columns::of(form, &[]).unwrap();
        let text = columns.write(&[line]).unwrap();
        let heads = "subject,reporter,period-start,period-end,icu_open,icu_staffed,icu_used,doctors,nurses";
        assert_eq!(
            text,
            format!("{heads}\r\n'=0002,'=0002,2026-11-23,2026-11-23,0,,unknown,,masked\r\n"),
            "no cell begins a formula"
        );
        let back = columns.read(&text, (form, "https://x"), ("", "")).unwrap();
        let population = back[0].report["group"][0]["population"].as_array().unwrap();
        assert_eq!(population.len(), 3, "an empty cell was not told");
        assert_eq!(back[0].report["subject"]["identifier"]["value"], "=0002");
        let of = |field: &str| population.iter().find(|one| one["code"]["coding"][0]["code"] == field).unwrap();
        assert_eq!((of("icu_open")["count"].as_i64(), of("icu_used").get("count")), (Some(0), None));
        assert_eq!(of("nurses")["_count"]["extension"][0]["valueCode"], "masked");
    }

    #[test]
    fn a_map_renames_leaves_out_and_orders() {
        let forms = forms();
        let form = forms.form("icu").unwrap();
        let map = ["numICUBedsOcc$used,icu_open".to_owned(), "subject$facility".to_owned()];
        let columns = Columns::of(form, &map).unwrap();
        let figures: Figures = [("icu_open".to_owned(), Stated::Number(9)), ("icu_used".to_owned(), Stated::Number(7))].into();
        let line = Line { subject: "0002", from: "a".to_owned(), until: "b".to_owned(), figures: &figures };
        assert_eq!(
            columns.write(&[line]).unwrap(),
            "facility,reporter,period-start,period-end,used,icu_open\r\n0002,0002,a,b,7,9\r\n"
        );
        let back = columns.read("used,colour,because\n7,red,漏报\n", (form, "https://x"), ("2026-11-23", "2026-11-23")).unwrap();
        assert_eq!(
            back[0].report["group"][0]["population"].as_array().unwrap().len(),
            1,
            "what is not in the map is passed over"
        );
        assert_eq!(
            (&back[0].report["period"]["start"], &back[0].report["extension"][0]["valueString"]),
            (&json!("2026-11-23"), &json!("漏报"))
        );
        let wrong = back[0].placed(Issue::new(Kind::Value, "fhir-error-value").at("MeasureReport.group[0].population[0].count"));
        assert_eq!(wrong.expression.as_deref(), Some("csv[1].used"));
        for wrong in ["numUnicorns$x", "http://other|icu_open"] {
            assert_eq!(Columns::of(form, &[wrong.to_owned()]).unwrap_err().expression.as_deref(), Some("http.map"), "{wrong}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_row_and_column() {
        let forms = forms();
        let form = forms.form("icu").unwrap();
        let columns = Columns::of(form, &[]).unwrap();
        let read = |text: &str| columns.read(text, (form, "https://x"), ("2026-11-23", "2026-11-23"));
        for (text, at) in [
            ("icu_open,colour\n1,2\n", vec!["csv[0].colour"]),
            ("icu_open,icu_open\n1,2\n", vec!["csv[0].icu_open"]),
            ("icu_open,icu_used\n1,x\n2,NA\n", vec!["csv[1].icu_used", "csv[2].icu_used"]),
            ("icu_open,icu_used\n1\n", vec!["csv[1]"]),
            ("icu_open\n", vec!["csv[1]"]),
            ("subject\n0002\n", vec!["csv[1]"]),
            ("icu_open,stratifier,stratum\n1,age,P65Y\n", vec!["csv[1].stratifier"]),
        ] {
            assert_eq!(places(&read(text).unwrap_err()), at, "{text}");
        }
        assert_eq!(read("\u{feff}icu_open,stratum\n1,\n").unwrap().len(), 1);
    }
}
