//! Components (部件), many at a time, and local classes.

use std::collections::{HashMap, HashSet};

use linli_access::{Action, Ctx, Resource};
use linli_db::{Conn, Tx};
use linli_geo::Shape;
use linli_kernel::{DistrictId, PlacePath, social_credit_code};
use serde_json::json;

use super::estates::{replace, shapes};
use super::{authorised, journal_batch};
use crate::error::{Answer, Outcome, Problem, TerritoryError};
use crate::model::{Component, ComponentClass, ComponentId, ComponentInput, ComponentState, District};
use crate::{rules, store};

/// Records components, answering every row in its order.
///
/// # Errors
/// `Denied`, store errors. What is wrong with a row is its answer.
pub async fn put_components(ctx: &Ctx, tx: &mut Tx, inputs: &[ComponentInput]) -> Result<Vec<Answer>, TerritoryError> {
    let district = authorised(ctx, tx, Action::Import, Resource::Territory).await?;
    let mut shelf = Shelf::load(tx, &district, inputs).await?;
    let mut answers = Vec::with_capacity(inputs.len());
    let mut new = Vec::new();
    for input in inputs {
        let answer = match shelf.checked(ctx, input) {
            Err(problem) => problem.into(),
            Ok(component) => {
                let doubts = shelf.doubts(&component);
                let outcome = match shelf.known.get(&component.component_id).cloned() {
                    Some(known) => change(ctx, tx, known, input, &component).await?,
                    None => {
                        new.push(component);
                        Outcome::Created
                    }
                };
                Answer { outcome, doubts }
            }
        };
        answers.push(answer);
    }
    for component in &mut new {
        component.id = ComponentId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    }
    store::components::insert(&mut tx.conn()?, district.id, &new, ctx.now()).await?;
    journal_batch(ctx, tx, "territory.components_recorded", &district.path, &answers);
    Ok(answers)
}

/// What is known around a batch of components.
struct Shelf {
    district: District,
    classes: HashMap<String, ComponentClass>,
    divisions: HashSet<String>,
    places: HashMap<String, PlacePath>,
    known: HashMap<String, Component>,
    outline: Option<Shape>,
    seen: HashSet<String>,
}

impl Shelf {
    async fn load(tx: &mut Tx, district: &District, inputs: &[ComponentInput]) -> Result<Self, TerritoryError> {
        let c = &mut tx.conn()?;
        let classes = store::components::classes(c).await?.into_iter().map(|k| (k.code.clone(), k)).collect();
        let prefixes: HashSet<&str> = inputs.iter().filter_map(|i| i.component_id.trim().get(..6)).collect();
        let divisions = store::divisions::by_codes(c, &prefixes.into_iter().collect::<Vec<_>>()).await?;
        let keys: HashSet<&str> = inputs.iter().filter_map(|i| i.place.as_deref()).map(str::trim).collect();
        let places = resolve_all(c, district, &keys.into_iter().collect::<Vec<_>>()).await?;
        let numbers: Vec<&str> = inputs.iter().map(|i| i.component_id.trim()).collect();
        let known = store::components::by_numbers(c, district.id, &numbers).await?;
        let outline = shapes(c, district.id, std::slice::from_ref(&district.path)).await?.remove(&district.path);
        Ok(Self {
            district: district.clone(),
            classes,
            divisions: divisions.into_iter().map(|d| d.code).collect(),
            places,
            known: known.into_iter().map(|k| (k.component_id.clone(), k)).collect(),
            outline,
            seen: HashSet::new(),
        })
    }

    fn checked(&mut self, ctx: &Ctx, input: &ComponentInput) -> Result<Component, Problem> {
        let number = input.component_id.trim();
        linli_kernel::component_id(number).map_err(|e| Problem::new("component_id", "component_id", e.to_string()))?;
        let (division, class_code) = (number.get(..6).unwrap_or_default(), number.get(6..11).unwrap_or_default());
        if !self.divisions.contains(division) {
            return Err(Problem::new("component_id", "unknown_division", division));
        }
        if let Some(stated) = input.class_code.as_deref().map(str::trim).filter(|stated| *stated != class_code) {
            return Err(Problem::new("class_code", "differs_from_id", format!("{stated} / {class_code}")));
        }
        let class = self.classes.get(class_code).ok_or_else(|| Problem::new("class_code", "unknown_class", class_code))?;
        let name = match &input.name {
            Some(name) => rules::clean("name", name)?,
            None => class.name.clone(),
        };
        let path = match input.place.as_deref().map(str::trim) {
            None | Some("") => self.district.path.clone(),
            Some(key) => self.places.get(key).cloned().ok_or_else(|| Problem::new("place", "unknown", key))?,
        };
        if let Some(code) = &input.department_code {
            social_credit_code(code).map_err(|e| Problem::new("department_code", "credit_code", e.to_string()))?;
        }
        let department_name = input.department_name.as_deref().map(|n| rules::clean("department_name", n)).transpose()?;
        if let Some(since) = input.since.filter(|since| *since > ctx.now().local().date()) {
            return Err(Problem::new("since", "in_the_future", since.to_string()));
        }
        if !self.seen.insert(number.to_owned()) {
            return Err(Problem::new("component_id", "duplicate", number));
        }
        let mut component = Component {
            id: ComponentId(uuid::Uuid::nil()),
            component_id: number.to_owned(),
            class_code: class_code.to_owned(),
            name,
            path,
            point: input.point,
            state: input.state.unwrap_or(ComponentState::Intact),
            department_code: input.department_code.clone(),
            department_name,
            since: input.since,
            doubts: Vec::new(),
        };
        component.doubts = self.doubts(&component).into_iter().map(|d| d.what.to_owned()).collect();
        Ok(component)
    }

    fn doubts(&self, component: &Component) -> Vec<Problem> {
        let mut doubts = Vec::new();
        if let (Some(point), Some(outline)) = (component.point, &self.outline)
            && !outline.contains(point)
        {
            doubts.push(Problem::new("lon", "outside_place", format!("{:.6},{:.6}", point.lon(), point.lat())));
        }
        if !component.component_id.starts_with(&self.district.division) {
            doubts.push(Problem::new("component_id", "other_division", self.district.division.clone()));
        }
        doubts
    }
}

/// The paths of the keys that are known inside the district: official codes and natural keys.
pub(super) async fn resolve_all(
    c: &mut Conn<'_>,
    district: &District,
    keys: &[&str],
) -> Result<HashMap<String, PlacePath>, TerritoryError> {
    let mut found: HashMap<String, PlacePath> = HashMap::new();
    for place in store::places::by_codes(c, district.id, keys).await? {
        found.insert(place.code, place.path);
    }
    let codes: Vec<&str> = keys.iter().copied().filter(|k| rules::division_number(k).is_some()).collect();
    for division in store::divisions::by_codes(c, &codes).await? {
        if division.valid_to.is_none() && district.path.contains(&division.place_path) {
            found.insert(division.code, division.place_path);
        }
    }
    Ok(found)
}

async fn change(
    ctx: &Ctx,
    tx: &mut Tx,
    mut known: Component,
    input: &ComponentInput,
    stated: &Component,
) -> Result<Outcome, TerritoryError> {
    let mut changed = Vec::new();
    let mut note = |differs: bool, field| {
        if differs {
            changed.push(field)
        }
    };
    note(input.name.is_some() && set(&mut known.name, &stated.name), "name");
    note(input.place.is_some() && set(&mut known.path, &stated.path), "place");
    note(replace(&mut known.point, stated.point), "point");
    note(input.state.is_some() && set(&mut known.state, &stated.state), "state");
    note(replace(&mut known.department_code, stated.department_code.clone()), "department_code");
    note(replace(&mut known.department_name, stated.department_name.clone()), "department_name");
    note(replace(&mut known.since, stated.since), "since");
    if changed.is_empty() {
        return Ok(Outcome::Unchanged);
    }
    if input.point.is_some() {
        known.doubts.clone_from(&stated.doubts);
    }
    let district = tx.district();
    store::components::update(&mut tx.conn()?, district, &known, ctx.now()).await?;
    Ok(Outcome::Changed(changed))
}

fn set<T: PartialEq + Clone>(known: &mut T, stated: &T) -> bool {
    let differs = known != stated;
    if differs {
        known.clone_from(stated);
    }
    differs
}

/// Notes the state of a component as somebody found it.
///
/// # Errors
/// `Unknown`, `Denied`, store errors.
pub async fn set_component_state(
    ctx: &Ctx,
    tx: &mut Tx,
    component_id: &str,
    state: ComponentState,
) -> Result<Component, TerritoryError> {
    let district = tx.district();
    let c = &mut tx.conn()?;
    let known = store::components::by_numbers(c, district, &[component_id]).await?.pop();
    let mut component = known.ok_or_else(|| TerritoryError::Unknown(component_id.to_owned()))?;
    ctx.may(Action::Change, Resource::Territory, district, &component.path)?;
    if component.state != state {
        let before = std::mem::replace(&mut component.state, state);
        store::components::update(c, district, &component, ctx.now()).await?;
        let facts = json!({ "component": component.component_id, "from": before, "to": state });
        tx.journal(ctx.line("territory.component_state", &component.path, Some(component.id.0), facts));
    }
    Ok(component)
}

/// Adds a class of the city's own (minor class 79 to 99, by the custom of the cities) or corrects its name.
///
/// # Errors
/// `Invalid` when the code is no local one, `Denied`, store errors.
pub async fn put_local_class(ctx: &Ctx, tx: &mut Tx, code: &str, name: &str, reference: &str) -> Result<bool, TerritoryError> {
    ctx.may(Action::Change, Resource::Rules, DistrictId::CITY, &PlacePath::root())?;
    let wrong = |what| TerritoryError::Invalid(Problem::new("class_code", what, code));
    let minor: u32 = code.get(2..).and_then(|m| m.parse().ok()).ok_or_else(|| wrong("class_form"))?;
    if code.len() != 5 || !code.bytes().all(|b| b.is_ascii_digit()) || !(79..=99).contains(&minor) {
        return Err(wrong("not_local"));
    }
    let c = &mut tx.conn()?;
    let classes = store::components::classes(c).await?;
    let major = classes.iter().find(|k| !k.is_local && code.starts_with(k.code.get(..2).unwrap_or("?")));
    let class = ComponentClass {
        code: code.to_owned(),
        name: rules::clean("name", name).map_err(TerritoryError::Invalid)?,
        major_name: major.map(|k| k.major_name.clone()).ok_or_else(|| wrong("unknown_class"))?,
        standard_ref: rules::clean("standard_ref", reference).map_err(TerritoryError::Invalid)?,
        valid_from: ctx.now().local().date().to_string(),
        valid_to: None,
        is_local: true,
        verified: false,
    };
    let changed = store::components::put_class(c, &class).await? > 0;
    if changed {
        tx.journal(ctx.line("territory.local_class", &PlacePath::root(), None, json!({ "code": code, "name": class.name })));
    }
    Ok(changed)
}
