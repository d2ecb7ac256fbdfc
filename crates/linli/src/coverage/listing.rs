//! `docs/routes.md`: every route with who may use it, kept equal with the house.

use std::fmt::Write as _;

use linli_access::{Role, matrix};
use linli_hall::parse_access;
use linli_webkit::{Access, House, RouteSpec};

use crate::cli::Profile;
use crate::house::rooms;

fn specs(profile: Profile) -> Vec<RouteSpec> {
    House::of(rooms(profile)).specs
}

fn who(spec: &RouteSpec) -> String {
    match spec.access {
        Access::Public => "anybody".to_owned(),
        Access::Link => "holders of the private link".to_owned(),
        Access::Resident => "residents with a claimed home".to_owned(),
        Access::Signed => "anybody signed in".to_owned(),
        Access::Machine if spec.room == "open311" => "programs with a key".to_owned(),
        Access::Machine if spec.room == "fhir" => "systems of institutions with a key".to_owned(),
        Access::Machine => "the machine itself, or a token".to_owned(),
        Access::Staff { action, resource } => {
            let (act, what) = parse_access(action, resource).unwrap();
            let roles: Vec<&str> =
                Role::ALL.into_iter().filter(|role| matrix::allows(*role, act, what)).map(Role::as_str).collect();
            format!("{action} {resource}: {}", roles.join(", "))
        }
    }
}

fn printed() -> String {
    let (community, treatment) = (specs(Profile::Community), specs(Profile::Treatment));
    let mut text = String::from(
        "# Routes\n\nGenerated from the rooms; a test keeps it equal (`LINLI_WRITE=1 cargo test -p linli coverage::listing` writes it anew). \
         C: profile `community`, T: profile `treatment`. Staff may use a route inside the scope of their appointment only.\n\n\
         | room | method | path | profile | who |\n|---|---|---|---|---|\n",
    );
    for spec in specs(Profile::Both) {
        let (c, t) = (community.contains(&spec), treatment.contains(&spec));
        assert!(c || t, "{spec:?} is in neither profile");
        let profile = [c.then_some("C"), t.then_some("T")].into_iter().flatten().collect::<Vec<_>>().join(" ");
        writeln!(text, "| {} | {} | `{}` | {profile} | {} |", spec.room, spec.method, spec.path, who(&spec)).unwrap();
    }
    text
}

#[test]
fn the_committed_list_of_routes_is_the_house() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/routes.md");
    if std::env::var_os("LINLI_WRITE").is_some() {
        std::fs::write(path, printed()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), printed(), "regenerate docs/routes.md with LINLI_WRITE=1");
}

#[test]
fn every_right_that_a_route_names_stands_in_the_table() {
    for spec in specs(Profile::Both) {
        if let Access::Staff { action, resource } = spec.access {
            let (act, what) = parse_access(action, resource).unwrap();
            assert!(Role::ALL.into_iter().any(|role| matrix::allows(role, act, what)), "nobody may use {spec:?}");
        }
    }
}
