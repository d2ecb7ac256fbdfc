//! What is asked of expert rounds.

use super::super::world::{Ground, World};
use super::{About, Ask};

/// What to ask of a route of expert rounds about a place.
pub(super) async fn ask(route: &str, path: &str, world: &World, at: &Ground) -> Option<(About, Ask)> {
    use About::{List, Subject};
    Some(match route {
        // What a house answers, nobody of this world is appointed on behalf of.
        "GET /rounds" | "GET /rounds/groups" | "GET /rounds/findings" | "GET /rounds/compare" => {
            world.rounds(at).await;
            (List, Ask::get(path))
        }
        "GET /rounds/live" => (List, Ask::get(path)),
        "POST /rounds" => (List, Ask::form(path, &[("group", ""), ("mode", "remote"), ("day", "2026-11-24")])),
        "POST /rounds/groups" => (List, Ask::form(path, &[("name", "")])),
        "POST /rounds/groups/{id}" => (Subject, Ask::form(path.replace("{id}", &world.rounds(at).await.group), &[("do", "end")])),
        "GET /rounds/findings/{id}" => (Subject, Ask::get(path.replace("{id}", &world.rounds(at).await.finding))),
        "POST /rounds/findings/{id}/answer" => (Subject, Ask::form(path.replace("{id}", &world.rounds(at).await.finding), &[])),
        "POST /rounds/findings/{id}/look" => {
            let fields = [("do", "withdraw"), ("said", "记错了")];
            (Subject, Ask::form(path.replace("{id}", &world.rounds(at).await.finding), &fields))
        }
        "GET /rounds/{id}" => (Subject, Ask::get(path.replace("{id}", &world.rounds(at).await.planned))),
        "POST /rounds/{id}/opinions" => {
            let fields = [("patient", ""), ("said", "俯卧位")];
            (Subject, Ask::form(path.replace("{id}", &world.rounds(at).await.planned), &fields))
        }
        "POST /rounds/{id}/findings" => {
            (Subject, Ask::form(path.replace("{id}", &world.rounds(at).await.planned), &[("matter", "records")]))
        }
        "POST /rounds/{id}/hold" => {
            (Subject, Ask::form(path.replace("{id}", &world.rounds(at).await.planned), &[("advice", "加强夜班")]))
        }
        "POST /rounds/{id}/cancel" | "POST /rounds/{id}/read" => {
            (Subject, Ask::form(path.replace("{id}", &world.rounds(at).await.planned), &[]))
        }
        _ => return super::record::ask(route, path, world, at).await,
    })
}
