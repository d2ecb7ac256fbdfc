//! Official divisions.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use linli_access::{Action, Ctx, Resource};
use linli_db::{Conn, Tx};
use linli_kernel::{DistrictId, PathError, PlacePath, Ts};
use serde_json::json;

use super::tally;
use crate::error::{Answer, Outcome, Problem, TerritoryError};
use crate::model::{Division, PlaceId};
use crate::store::divisions::{self as rows, NewDivision};
use crate::{queries, rules, store};

/// A data set of divisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DivisionSource {
    /// Its name, e.g. the package and its version.
    pub name: Cow<'static, str>,
    /// Its licence as stated.
    pub licence: Cow<'static, str>,
    /// The date it speaks of, `YYYY-MM-DD`, or empty when it is not stated.
    pub data_date: Cow<'static, str>,
}

/// What is to be recorded about a division.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DivisionInput {
    /// 4, 6, 9 or 12 digits.
    pub code: String,
    /// Name; `None` keeps the known one, or names a new row by its code.
    pub name: Option<String>,
}

/// What one load of divisions remembers from batch to batch.
#[derive(Debug)]
pub struct DivisionRegister {
    source: i64,
    /// The table was empty when the load began: nothing need be looked up that this load has not written itself.
    first_load: bool,
    make_parents: bool,
    parents: HashMap<String, PlacePath>,
    made_parents: u64,
}

impl DivisionRegister {
    /// How many divisions were made from codes alone because the file names places under them.
    #[must_use]
    pub const fn made_parents(&self) -> u64 {
        self.made_parents
    }
}

/// Begins a load. With `make_parents` a missing street, district or city is made from the code of what lies under it, with
/// the code for a name, and the rows say so as a doubt; without it such rows are rejected.
///
/// # Errors
/// `Denied`, store errors.
pub async fn division_register(
    ctx: &Ctx,
    tx: &mut Tx,
    source: &DivisionSource,
    make_parents: bool,
) -> Result<DivisionRegister, TerritoryError> {
    ctx.may(Action::Import, Resource::Territory, DistrictId::CITY, &PlacePath::root())?;
    let known = rows::source(&mut tx.conn()?, &source.name, &source.data_date).await?;
    let id = match known {
        Some(id) => id,
        None => {
            let id = tx.next_number("division_source").await?;
            rows::insert_source(&mut tx.conn()?, id, &source.name, &source.licence, &source.data_date).await?;
            id
        }
    };
    let first_load = rows::is_empty(&mut tx.conn()?).await?;
    Ok(DivisionRegister { source: id, first_load, make_parents, parents: HashMap::new(), made_parents: 0 })
}

/// Records a batch of divisions, answering every row in its order. A place that lies under another one of the batch comes after it.
///
/// # Errors
/// `Denied`, store errors.
pub async fn put_divisions(
    ctx: &Ctx,
    tx: &mut Tx,
    register: &mut DivisionRegister,
    inputs: &[DivisionInput],
) -> Result<Vec<Answer>, TerritoryError> {
    ctx.may(Action::Import, Resource::Territory, DistrictId::CITY, &PlacePath::root())?;
    let c = &mut tx.conn()?;
    let known = known_rows(c, register, inputs).await?;
    load_parents(c, register, inputs).await?;
    let mut batch = Batch { new: Vec::new(), renamed: Vec::new(), seen: HashSet::new() };
    let mut answers = Vec::with_capacity(inputs.len());
    for input in inputs {
        answers.push(batch.decide(register, &known, input)?);
    }
    if !register.first_load {
        free_paths(c, register, &mut batch.new).await?;
    }
    rows::insert(c, &batch.new, register.source).await?;
    for (path, code, name) in &batch.renamed {
        rows::rename(c, code, name, register.source).await?;
        if code.len() == 6 {
            rows::update_district(c, path, code, name).await?;
        }
    }
    let (created, changed, rejected) = tally(&answers);
    if created + changed > 0 {
        let facts = json!({ "source": register.source, "created": created, "changed": changed, "rejected": rejected });
        tx.journal(ctx.line("territory.divisions_recorded", &PlacePath::root(), None, facts));
    }
    Ok(answers)
}

struct Batch {
    new: Vec<NewDivision>,
    renamed: Vec<(PlacePath, String, String)>,
    seen: HashSet<String>,
}

impl Batch {
    fn decide(
        &mut self,
        register: &mut DivisionRegister,
        known: &HashMap<String, Division>,
        input: &DivisionInput,
    ) -> Result<Answer, TerritoryError> {
        let code = input.code.trim();
        let Some(number) = rules::division_number(code) else {
            return Ok(Problem::new("code", "division_code", code).into());
        };
        let name = match input.name.as_deref().map(|n| rules::clean("name", n)).transpose() {
            Ok(name) => name,
            Err(problem) => return Ok(problem.into()),
        };
        if !self.seen.insert(code.to_owned()) {
            return Ok(Problem::new("code", "duplicate", code).into());
        }
        if let Some(division) = known.get(code) {
            return Ok(self.compare(register, division, name));
        }
        let mut doubts = Vec::new();
        let parent = match self.parent_path(register, code, &mut doubts)? {
            Some(path) => path,
            None => return Ok(Problem::new("code", "unknown_parent", rules::parent_code(code).unwrap_or_default()).into()),
        };
        let path = child(&parent, number)?;
        if code.len() < 12 {
            register.parents.insert(code.to_owned(), path.clone());
        }
        let named = name.is_some();
        self.new.push(NewDivision {
            code: code.to_owned(),
            path,
            name: name.unwrap_or_else(|| code.to_owned()),
            named,
            valid_from: None,
        });
        Ok(Answer { outcome: Outcome::Created, doubts })
    }

    fn compare(&mut self, register: &mut DivisionRegister, division: &Division, name: Option<String>) -> Answer {
        if division.valid_to.is_some() {
            return Problem::new("code", "closed", division.replaced_by.clone().unwrap_or_default()).into();
        }
        if division.code.len() < 12 {
            register.parents.insert(division.code.clone(), division.place_path.clone());
        }
        match name {
            Some(name) if name != division.name => {
                self.renamed.push((division.place_path.clone(), division.code.clone(), name));
                Answer::of(Outcome::Changed(vec!["name"]))
            }
            _ => Answer::of(Outcome::Unchanged),
        }
    }

    /// The path of the division above, made from the code when that is allowed.
    fn parent_path(
        &mut self,
        register: &mut DivisionRegister,
        code: &str,
        doubts: &mut Vec<Problem>,
    ) -> Result<Option<PlacePath>, TerritoryError> {
        let Some(parent) = rules::parent_code(code) else { return Ok(Some(PlacePath::root())) };
        if let Some(path) = register.parents.get(parent) {
            return Ok(Some(path.clone()));
        }
        if !register.make_parents {
            return Ok(None);
        }
        let (Some(above), Some(number)) = (self.parent_path(register, parent, doubts)?, rules::division_number(parent)) else {
            return Ok(None);
        };
        let path = child(&above, number)?;
        register.parents.insert(parent.to_owned(), path.clone());
        register.made_parents += 1;
        doubts.push(Problem::new("code", "parent_made", parent));
        self.seen.insert(parent.to_owned());
        self.new.push(NewDivision {
            code: parent.to_owned(),
            path: path.clone(),
            name: parent.to_owned(),
            named: false,
            valid_from: None,
        });
        Ok(Some(path))
    }
}

fn child(parent: &PlacePath, number: u32) -> Result<PlacePath, TerritoryError> {
    parent.child(number).map_err(|e: PathError| TerritoryError::Invalid(Problem::new("code", "no_path", e.to_string())))
}

async fn known_rows(
    c: &mut Conn<'_>,
    register: &DivisionRegister,
    inputs: &[DivisionInput],
) -> Result<HashMap<String, Division>, TerritoryError> {
    // On a first load only what this load has written can be known, and of that only places with something under them.
    let asked: Vec<&str> = inputs
        .iter()
        .map(|i| i.code.trim())
        .filter(|code| !register.first_load || register.parents.contains_key(*code))
        .collect();
    Ok(rows::by_codes(c, &asked).await?.into_iter().map(|d| (d.code.clone(), d)).collect())
}

async fn load_parents(c: &mut Conn<'_>, register: &mut DivisionRegister, inputs: &[DivisionInput]) -> Result<(), TerritoryError> {
    if register.first_load {
        return Ok(());
    }
    let mut wanted = HashSet::new();
    for input in inputs {
        let mut code = input.code.trim();
        while let Some(parent) = rules::parent_code(code) {
            if !register.parents.contains_key(parent) {
                wanted.insert(parent);
            }
            code = parent;
        }
    }
    let wanted: Vec<&str> = wanted.into_iter().collect();
    for division in rows::by_codes(c, &wanted).await? {
        if division.valid_to.is_none() {
            register.parents.insert(division.code, division.place_path);
        }
    }
    Ok(())
}

/// A renumbered division may sit on the path that a new code would get: the new one then takes a number that no code gives.
async fn free_paths(c: &mut Conn<'_>, register: &mut DivisionRegister, new: &mut [NewDivision]) -> Result<(), TerritoryError> {
    let mut taken = HashSet::new();
    let paths: Vec<PlacePath> = new.iter().map(|n| n.path.clone()).collect();
    for chunk in paths.chunks(store::IN_LIST) {
        taken.extend(rows::at_paths(c, chunk).await?.into_iter().map(|d| d.place_path));
    }
    let clashing: Vec<(String, PlacePath)> =
        new.iter().filter(|n| taken.contains(&n.path)).map(|n| (n.code.clone(), n.path.clone())).collect();
    for (code, from) in clashing {
        let parent = from.parent().unwrap_or_default();
        // Above every number that three or four digits of a code can give.
        let mut number = 10_000;
        let to = loop {
            let candidate = child(&parent, number)?;
            if rows::at_paths(c, std::slice::from_ref(&candidate)).await?.is_empty() && taken.insert(candidate.clone()) {
                break candidate;
            }
            number += 1;
        };
        for row in new.iter_mut().filter(|n| n.code.starts_with(&code)) {
            row.path = rules::moved_path(&row.path, &from, &to);
            if let Some(path) = register.parents.get_mut(&row.code) {
                *path = row.path.clone();
            }
        }
    }
    Ok(())
}

/// Closes a division at a moment and names its successor (撤销、更名、合并). A new code under the same parent keeps the path, so that
/// everything beneath stays where it is; a successor elsewhere or an existing one is possible once nothing in force lies beneath.
///
/// # Errors
/// `Unknown`, `Taken` when the new code was closed before, `Cycle` when the successors would come back, `Invalid` with
/// `has_places` when something in force lies beneath, `Denied`, store errors.
pub async fn replace_division(
    ctx: &Ctx,
    tx: &mut Tx,
    register: &DivisionRegister,
    old: &str,
    successor: &DivisionInput,
    at: Ts,
) -> Result<(), TerritoryError> {
    ctx.may(Action::Change, Resource::Territory, DistrictId::CITY, &PlacePath::root())?;
    let c = &mut tx.conn()?;
    let unknown = |code: &str| TerritoryError::Unknown(code.to_owned());
    let closing = rows::by_code(c, old).await?.filter(|d| d.valid_to.is_none()).ok_or_else(|| unknown(old))?;
    let code = successor.code.trim();
    rules::check_end(closing.valid_from, at, ctx.now()).map_err(TerritoryError::Invalid)?;
    let number =
        rules::division_number(code).ok_or_else(|| TerritoryError::Invalid(Problem::new("code", "division_code", code)))?;
    if code.len() != old.len() {
        return Err(TerritoryError::WrongLevel(code.to_owned()));
    }
    if code == old || leads_to(c, code, old).await? {
        return Err(TerritoryError::Cycle(old.to_owned()));
    }
    let existing = rows::by_code(c, code).await?;
    if existing.as_ref().is_some_and(|d| d.valid_to.is_some()) {
        return Err(TerritoryError::Taken(code.to_owned()));
    }
    let parent = match rules::parent_code(code) {
        Some(parent) => {
            rows::by_code(c, parent).await?.filter(|d| d.valid_to.is_none()).ok_or_else(|| unknown(parent))?.place_path
        }
        None => PlacePath::root(),
    };
    let keeps_path = existing.is_none() && closing.place_path.parent().as_ref() == Some(&parent);
    if !keeps_path && holds_places(c, &closing).await? {
        return Err(TerritoryError::Invalid(Problem::new("code", "has_places", old)));
    }
    rows::close(c, old, at, Some(code)).await?;
    let path = if keeps_path { closing.place_path.clone() } else { child(&parent, number)? };
    if existing.is_none() {
        let name = successor.name.clone().unwrap_or_else(|| closing.name.clone());
        let mut new =
            [NewDivision { code: code.to_owned(), path: path.clone(), name: name.clone(), named: true, valid_from: Some(at) }];
        if !keeps_path {
            let mut scratch = DivisionRegister {
                source: register.source,
                first_load: false,
                make_parents: false,
                parents: HashMap::new(),
                made_parents: 0,
            };
            free_paths(c, &mut scratch, &mut new).await?;
        }
        rows::insert(c, &new, register.source).await?;
        if code.len() == 6 {
            rows::update_district(c, &path, code, &name).await?;
        }
    }
    let facts = json!({ "old": old, "new": code, "path_kept": keeps_path });
    tx.journal(ctx.line("territory.division_replaced", &closing.place_path, None, facts));
    Ok(())
}

/// Gives a division another name (更名). Its code and its path stay.
///
/// # Errors
/// `Unknown` for one that is not in force, `Invalid`, `Denied`, store errors.
pub async fn rename_division(
    ctx: &Ctx,
    tx: &mut Tx,
    register: &DivisionRegister,
    code: &str,
    name: &str,
) -> Result<(), TerritoryError> {
    ctx.may(Action::Change, Resource::Territory, DistrictId::CITY, &PlacePath::root())?;
    let name = rules::clean("name", name).map_err(TerritoryError::Invalid)?;
    let c = &mut tx.conn()?;
    let division = in_force(c, code).await?;
    if division.name == name {
        return Ok(());
    }
    rows::rename(c, code, &name, register.source).await?;
    if code.len() == 6 {
        rows::update_district(c, &division.place_path, code, &name).await?;
    }
    let subject = PlaceId::of_division(code);
    tx.journal(ctx.line("territory.division_renamed", &division.place_path, Some(subject.0), json!({ "code": code })));
    Ok(())
}

/// Closes a division at a moment without a successor (撤销).
///
/// # Errors
/// `Unknown` for one that is not in force, `Invalid` with `has_places` when something in force lies beneath or when the moment
/// cannot be one, `Denied`, store errors.
pub async fn close_division(ctx: &Ctx, tx: &mut Tx, code: &str, at: Ts) -> Result<(), TerritoryError> {
    ctx.may(Action::Change, Resource::Territory, DistrictId::CITY, &PlacePath::root())?;
    let c = &mut tx.conn()?;
    let division = in_force(c, code).await?;
    rules::check_end(division.valid_from, at, ctx.now()).map_err(TerritoryError::Invalid)?;
    if holds_places(c, &division).await? {
        return Err(TerritoryError::Invalid(Problem::new("successor", "has_places", code)));
    }
    rows::close(c, code, at, None).await?;
    let subject = PlaceId::of_division(code);
    let facts = json!({ "code": code, "at": at });
    tx.journal(ctx.line("territory.division_closed", &division.place_path, Some(subject.0), facts));
    Ok(())
}

async fn in_force(c: &mut Conn<'_>, code: &str) -> Result<Division, TerritoryError> {
    let found = rows::by_code(c, code).await?.filter(|division| division.valid_to.is_none());
    found.ok_or_else(|| TerritoryError::Unknown(code.to_owned()))
}

/// Whether the successors of `from` come to `to`.
async fn leads_to(c: &mut Conn<'_>, from: &str, to: &str) -> Result<bool, TerritoryError> {
    let mut seen = HashSet::new();
    let mut code = from.to_owned();
    while seen.insert(code.clone()) {
        match rows::by_code(c, &code).await?.and_then(|d| d.replaced_by) {
            Some(next) if next == to => return Ok(true),
            Some(next) => code = next,
            None => return Ok(false),
        }
    }
    Ok(true)
}

async fn holds_places(c: &mut Conn<'_>, division: &Division) -> Result<bool, TerritoryError> {
    if rows::has_descendants(c, &division.place_path).await? {
        return Ok(true);
    }
    match queries::district_of_path(c, &division.place_path).await? {
        Some(district) => Ok(store::places::counts(c, district, &division.place_path).await?.iter().any(|(_, count)| *count > 0)),
        None => Ok(false),
    }
}
