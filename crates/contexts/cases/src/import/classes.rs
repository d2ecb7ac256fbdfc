//! The 12345 list of a place (热线分类) from a file.
//!
//! What always holds here: a list is one transaction with one journal line, however long; every row is answered; the same file again
//! changes nothing. A class that the file has no more is closed with the day and never deleted; where a row was rejected nothing is
//! closed, because nobody knows which class it meant. What a file has no column for stays as it was.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write;
use std::sync::Arc;

use jiff::civil::Date;
use linli_access::{Action, Ctx, Resource, Role};
use linli_db::{Db, Tx};
use linli_kernel::{DistrictId, PlacePath};
use linli_sheet::{Bound, FieldError, FieldKind, FieldSpec, Mapping, Outcome, Record, Report, Row, Schema, Source, Totals};
use serde_json::json;

use super::{Decision, ImportError};
use crate::error::CasesError;
use crate::model::{MessageClass, MessageClassId, MessagePath};
use crate::office::Office;
use crate::rules::Rules;
use crate::store::messages;

/// Most classes of a list; the longest seen has some hundreds.
const MOST: usize = 20_000;
/// What a city may write beside a class, in the order of the record.
const BESIDE: [&str; 7] = ["conditions", "clock", "owners", "profile", "legal_basis", "class", "matter"];

/// The fields of a list.
#[must_use]
pub fn schema() -> Arc<Schema> {
    Arc::new(Schema::new(
        "classes",
        [
            FieldSpec::new("level1", FieldKind::Text).required().aliases(&["一级分类", "一级"]).max_chars(60),
            FieldSpec::new("level2", FieldKind::Text).aliases(&["二级分类", "二级"]).max_chars(60),
            FieldSpec::new("level3", FieldKind::Text).aliases(&["三级分类", "三级"]).max_chars(60),
            FieldSpec::new("conditions", FieldKind::Text).aliases(&["立案条件"]).max_chars(500),
            FieldSpec::new("clock", FieldKind::Text).aliases(&["时限"]).max_chars(60),
            FieldSpec::new("owners", FieldKind::Text).aliases(&["责任岗位"]).max_chars(300),
            FieldSpec::new("profile", FieldKind::Text).aliases(&["办理流程"]).max_chars(60),
            FieldSpec::new("legal_basis", FieldKind::Text).aliases(&["依据", "法律依据"]).max_chars(500),
            FieldSpec::new("class", FieldKind::Text).aliases(&["报修类别"]).max_chars(60),
            FieldSpec::new("matter", FieldKind::Identifier).aliases(&["事项代码"]).max_chars(60),
        ],
    ))
}

/// How a list is to be taken.
#[derive(Debug, Clone)]
pub struct ClassOptions {
    /// Answer every row, write nothing.
    pub dry_run: bool,
    /// The place at and under which the list counts.
    pub place: PlacePath,
    /// The name of the file.
    pub source: String,
}

/// What became of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassTotals {
    /// The rows.
    pub rows: Totals,
    /// Classes that the file has no more and that were closed.
    pub closed: u64,
    /// Whether classes would have been closed, had no row been rejected.
    pub held_open: bool,
}

/// Who and what an import works with.
pub struct ClassImport<'a> {
    /// Who imports.
    pub ctx: &'a Ctx,
    /// The store.
    pub db: &'a Db,
    /// The rules that clocks, profiles and classes are looked up in.
    pub office: &'a Office,
    /// The district that keeps the list; the whole city for a list of the city.
    pub district: DistrictId,
    /// How the file is to be taken.
    pub options: &'a ClassOptions,
    /// How reasons are said.
    pub say: &'a (dyn Fn(&FieldError) -> String + Sync),
}

/// What a file says of the classes of a list, in the making.
struct List {
    today: Date,
    /// Which fields beside the path the file has columns for.
    filled: BTreeSet<&'static str>,
    known: HashMap<MessagePath, MessageClass>,
    said: BTreeMap<MessagePath, MessageClass>,
    fresh: Vec<MessageClass>,
    changed: Vec<MessageClass>,
}

impl ClassImport<'_> {
    /// Takes a list.
    ///
    /// # Errors
    /// When the actor may not import rules there, the mapping does not fit the file, the file breaks off, or the store fails: then
    /// nothing of it is kept.
    pub async fn run<W: Write + Send>(
        &self,
        source: Source,
        mapping: &Mapping,
        report: &mut Report<W>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<ClassTotals, ImportError> {
        let place = &self.options.place;
        self.ctx.may(Action::Import, Resource::Rules, self.district, place).map_err(CasesError::from)?;
        let rules = self.office.rules(place, self.ctx.now()).map_err(CasesError::from)?;
        let bound = mapping.bind(source.headers(), source.format())?;
        let mut tx = self.db.begin(self.district).await?;
        let mut list = self.list(&mut tx, &bound).await?;
        let mut answers: Vec<(Row, Decision)> = Vec::new();
        for row in source {
            let row = row?;
            let decision = match bound.apply(&row) {
                Ok(_) if answers.len() >= MOST => Decision::rejected(vec![FieldError::new("level1", "list_full")]),
                Ok(record) => self.decide(&rules, &record, &mut list),
                Err(wrong) => Decision::rejected(wrong),
            };
            answers.push((row, decision));
        }
        let rejected = answers.iter().any(|(_, decision)| decision.outcome == Outcome::Rejected);
        let gone = list.gone();
        let closed = if rejected { Vec::new() } else { gone.clone() };
        self.write(&mut tx, &list, &closed, &answers).await?;
        // A dry run has looked everything up; dropped, none of it happened.
        if !self.options.dry_run {
            tx.commit().await?;
        }
        for (row, decision) in &answers {
            let reasons: Vec<String> = decision.notes.iter().map(self.say).collect();
            report.answer_in_words(row, decision.outcome, &reasons)?;
        }
        progress(u64::try_from(answers.len()).unwrap_or(u64::MAX));
        let closed = u64::try_from(closed.len()).unwrap_or(u64::MAX);
        Ok(ClassTotals { rows: report.totals(), closed, held_open: rejected && !gone.is_empty() })
    }

    async fn list(&self, tx: &mut Tx, bound: &Bound) -> Result<List, ImportError> {
        let known = messages::list_of(&mut tx.conn()?, self.district, &self.options.place).await?;
        Ok(List {
            today: self.ctx.now().local().date(),
            filled: BESIDE.into_iter().filter(|field| bound.fills(field)).collect(),
            known: known.classes.into_iter().map(|class| (class.path.clone(), class)).collect(),
            said: BTreeMap::new(),
            fresh: Vec::new(),
            changed: Vec::new(),
        })
    }

    fn decide(&self, rules: &Rules, record: &Record, list: &mut List) -> Decision {
        let path = match path(record) {
            Ok(path) => path,
            Err(wrong) => return Decision::rejected(vec![wrong]),
        };
        let kept = list.known.get(&path);
        let mut class = kept.cloned().unwrap_or_else(|| self.blank(path.clone(), list.today));
        let wrong = say_anew(rules, record, &list.filled, &mut class);
        if !wrong.is_empty() {
            return Decision::rejected(wrong);
        }
        class.closed_on = None;
        if let Some(before) = list.said.get(&path) {
            let same = same(before, &class);
            return if same { Decision::unchanged() } else { Decision::rejected(vec![twice(&path)]) };
        }
        list.said.insert(path, class.clone());
        match kept {
            Some(kept) if same(kept, &class) && kept.counts() => Decision::unchanged(),
            Some(_) => {
                class.source.clone_from(&self.options.source);
                list.changed.push(class);
                Decision { outcome: Outcome::Changed, notes: Vec::new() }
            }
            None => {
                list.fresh.push(class);
                Decision { outcome: Outcome::Accepted, notes: Vec::new() }
            }
        }
    }

    fn blank(&self, path: MessagePath, today: Date) -> MessageClass {
        MessageClass {
            district: self.district,
            id: MessageClassId::new(self.ctx.clock.as_ref(), self.ctx.rng.as_ref()),
            place: self.options.place.clone(),
            path,
            conditions: None,
            clock: None,
            owners: Vec::new(),
            profile: None,
            legal_basis: None,
            class: None,
            matter: None,
            source: self.options.source.clone(),
            valid_from: today,
            closed_on: None,
        }
    }

    async fn write(
        &self,
        tx: &mut Tx,
        list: &List,
        closed: &[MessageClass],
        answers: &[(Row, Decision)],
    ) -> Result<(), ImportError> {
        if list.fresh.is_empty() && list.changed.is_empty() && closed.is_empty() {
            return Ok(());
        }
        let c = &mut tx.conn()?;
        messages::insert(c, &list.fresh).await?;
        for class in list.changed.iter().chain(closed) {
            messages::update(c, class).await?;
        }
        let count = |outcome: Outcome| answers.iter().filter(|(_, decision)| decision.outcome == outcome).count();
        tx.journal(self.ctx.line("cases.classes_imported", &self.options.place, None, json!({
            "source": self.options.source, "rows": answers.len(), "accepted": count(Outcome::Accepted), "changed": count(Outcome::Changed),
            "unchanged": count(Outcome::Unchanged), "rejected": count(Outcome::Rejected), "closed": closed.len(),
        })));
        Ok(())
    }
}

impl List {
    /// The classes that count and that the file does not have, closed as of today.
    fn gone(&self) -> Vec<MessageClass> {
        let gone = self.known.values().filter(|class| class.counts() && !self.said.contains_key(&class.path));
        gone.map(|class| MessageClass { closed_on: Some(self.today), ..class.clone() }).collect()
    }
}

fn twice(path: &MessagePath) -> FieldError {
    FieldError::new("level1", "path_twice").value(&path.to_string())
}

/// Whether two say the same of a class; which file said it, and since when, is not part of it.
fn same(one: &MessageClass, other: &MessageClass) -> bool {
    let said = |class: &MessageClass| {
        let texts = [&class.conditions, &class.clock, &class.profile, &class.legal_basis, &class.class, &class.matter];
        (texts.map(Clone::clone), class.owners.clone())
    };
    said(one) == said(other)
}

fn path(record: &Record) -> Result<MessagePath, FieldError> {
    let level = |field| record.opt_text(field).unwrap_or_default().trim().to_owned();
    let levels = [level("level1"), level("level2"), level("level3")];
    let [first, second, third] = &levels;
    if first.is_empty() {
        return Err(FieldError::new("level1", "required"));
    }
    if second.is_empty() && !third.is_empty() {
        return Err(FieldError::new("level2", "level_missing").value(third));
    }
    Ok(MessagePath(levels))
}

/// Writes into a class what the columns that the file has say of it; gives what is wrong with them.
fn say_anew(rules: &Rules, record: &Record, filled: &BTreeSet<&'static str>, class: &mut MessageClass) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    let text = |field: &str| record.opt_text(field).map(str::trim).filter(|text| !text.is_empty());
    for field in filled {
        let said = text(field);
        let find_clock = |code: &str| rules.clocks().named(code).map(|clock| clock.code.clone());
        let find_matter = |named: &str| rules.city().matter_named(named).map(|matter| matter.code.clone());
        let done = match *field {
            "conditions" => Ok(said.map(str::to_owned)).map(|said| class.conditions = said),
            "legal_basis" => Ok(said.map(str::to_owned)).map(|said| class.legal_basis = said),
            "owners" => roles(said.unwrap_or_default()).map(|owners| class.owners = owners),
            "clock" => known(said, "clock_unknown", find_clock).map(|clock| class.clock = clock),
            "profile" => known(said, "profile_unknown", |named| profile(rules, named)).map(|found| class.profile = found),
            "class" => known(said, "class_not_here", |named| report_class(rules, named)).map(|found| class.class = found),
            _ => known(said, "matter_unknown", find_matter).map(|matter| class.matter = matter),
        };
        if let Err((code, value)) = done {
            wrong.push(FieldError::new(field, code).value(&value));
        }
    }
    wrong
}

type Unknown = (&'static str, String);

fn known(said: Option<&str>, code: &'static str, find: impl Fn(&str) -> Option<String>) -> Result<Option<String>, Unknown> {
    said.map(|said| find(said).ok_or_else(|| (code, said.to_owned()))).transpose()
}

fn profile(rules: &Rules, named: &str) -> Option<String> {
    let mut profiles = rules.transitions().profiles();
    profiles.find(|(code, profile)| *code == named || profile.zh == named || profile.en == named).map(|(code, _)| code.to_owned())
}

/// The class of reports by code or name.
pub(super) fn report_class(rules: &Rules, named: &str) -> Option<String> {
    let mut classes = rules.classes().all();
    classes.find(|class| class.code == named || class.zh == named || class.en == named).map(|class| class.code.clone())
}

/// Roles by their words, with a comma or 、 between them.
fn roles(said: &str) -> Result<Vec<Role>, Unknown> {
    let words = said.split([',', '，', '、', ';', '；']).map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| word.parse().map_err(|_| ("owner_unknown", word.to_owned()))).collect()
}
