//! The components of a place.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use linli_access::{Action, Resource, Scope};
use linli_hall::{Caller, Hall};
use linli_kernel::PlacePath;
use linli_webkit::view::{Crumb, Pager};
use linli_webkit::{AppError, Page, Shell, T};
use serde::Deserialize;

use super::{asked_for, breadcrumb, href};
use crate::model::{Component, ComponentState};
use crate::queries;

/// Rows of a page.
const ROWS: i64 = 50;

#[derive(Template)]
#[template(path = "territory-components.html")]
pub(crate) struct ComponentsPage {
    shell: Shell,
    t: T,
    crumbs: Vec<Crumb>,
    rows: Vec<ComponentRow>,
    pager: Pager,
    unverified: String,
}

struct ComponentRow {
    id: String,
    name: String,
    class: String,
    state: String,
    tone: &'static str,
    place: String,
    department: String,
    doubts: String,
}

#[derive(Deserialize)]
pub(crate) struct After {
    after: Option<String>,
}

pub(crate) async fn components(
    caller: Caller,
    State(hall): State<Hall>,
    Path(path): Path<String>,
    Query(page): Query<After>,
) -> Result<Page<ComponentsPage>, AppError> {
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let (district, path) = asked_for(&caller.ctx, c, &path, Action::Read).await?;
    let reach = caller.ctx.scope(Action::Read, Resource::Territory).map_err(linli_hall::denied)?;
    let place = queries::place_at(c, district, &path).await?.ok_or_else(AppError::not_found)?;
    let scope = Scope { district, place: path.clone() };
    let found = queries::components(c, &scope, page.after.as_deref(), ROWS).await?;
    let classes = queries::component_classes(c).await?;
    let t = caller.info.t().clone();
    let here = format!("{}/components", href(&path));
    let full = i64::try_from(found.len()).is_ok_and(|n| n == ROWS);
    let older = found.last().filter(|_| full).map(|last| format!("{here}?after={}", last.component_id)).unwrap_or_default();
    let first = if page.after.is_some() { here } else { String::new() };
    let crumbs = queries::crumbs(c, district, &path).await?;
    let mut places: HashMap<PlacePath, String> = HashMap::new();
    for component in &found {
        if !places.contains_key(&component.path) {
            let names: Vec<String> = queries::crumbs(c, district, &component.path)
                .await?
                .into_iter()
                .skip(crumbs.len().min(4))
                .map(|k| k.name)
                .collect();
            places.insert(component.path.clone(), names.join(" "));
        }
    }
    let class_names: HashMap<&str, &str> = classes.iter().map(|k| (k.code.as_str(), k.name.as_str())).collect();
    let unverified = classes.iter().find(|k| !k.verified && !k.is_local);
    let unverified = unverified.map(|k| t.v("territory-classes-unverified", "standard", &k.standard_ref)).unwrap_or_default();
    let rows = found.into_iter().map(|k| row(&t, k, &class_names, &places)).collect();
    let shell = caller.shell(t.v("territory-components-title", "name", &place.name));
    Ok(Page(ComponentsPage {
        shell,
        t,
        crumbs: breadcrumb(&crumbs, &reach.place, false),
        rows,
        pager: Pager { first, older },
        unverified,
    }))
}

fn row(t: &T, k: Component, classes: &HashMap<&str, &str>, places: &HashMap<PlacePath, String>) -> ComponentRow {
    let tone = match k.state {
        ComponentState::Intact => "well",
        ComponentState::Damaged | ComponentState::Missing => "act",
        ComponentState::Abandoned => "soon",
        ComponentState::Removed => "",
    };
    let doubts: Vec<String> = k.doubts.iter().map(|d| t.s(&format!("territory-problem-{d}")).into_owned()).collect();
    ComponentRow {
        class: format!("{} {}", k.class_code, classes.get(k.class_code.as_str()).copied().unwrap_or_default()),
        state: t.s(&format!("territory-state-{}", k.state.as_str())).into_owned(),
        tone,
        place: places.get(&k.path).cloned().unwrap_or_default(),
        department: k.department_name.unwrap_or_default(),
        doubts: doubts.join("; "),
        id: k.component_id,
        name: k.name,
    }
}
