//! What is asked of owner votes.

use axum::http::Method;

use super::super::world::ballot::Stage;
use super::super::world::{Ground, World};
use super::{About, Ask, Body};

/// What to ask of a route of owner votes about a place.
pub(super) async fn ask(route: &str, path: &str, world: &World, at: &Ground) -> Option<(About, Ask)> {
    use About::{List, Subject};
    // Every vote is made anew, so that one question does not spoil the next.
    let of = async |stage: Stage| path.replace("{id}", &world.vote(at, stage).await.id);
    let public = |id: &str| path.replace("{district}", &at.district.to_string()).replace("{id}", id);
    Some(match route {
        "GET /votes" | "GET /owners" => {
            world.vote(at, Stage::Posted).await;
            (List, Ask::get(path))
        }
        "GET /votes/live" | "GET /votes/new" | "GET /my-home/votes" => (List, Ask::get(path)),
        "POST /votes/new" => (List, Ask::form(path, &[("place", ""), ("mode", "binding")])),
        "GET /votes/{id}" => (Subject, Ask::get(of(Stage::Open).await)),
        "POST /votes/{id}/post" => (Subject, Ask::form(of(Stage::Draft).await, &[("signed", "社区")])),
        "POST /votes/{id}/open" => (Subject, Ask::form(of(Stage::Posted).await, &[("closes_on", ""), ("declared", "")])),
        "POST /votes/{id}/withdraw" => (Subject, Ask::form(of(Stage::Open).await, &[("reason", "有误")])),
        "POST /votes/{id}/announce" => (Subject, Ask::form(of(Stage::Closed).await, &[("signed", "社区")])),
        "POST /votes/{id}/official" => {
            (Subject, Ask::form(of(Stage::Posted).await, &[("system", "市系统"), ("reference", "1"), ("table", "")]))
        }
        "GET /votes/{id}/ballots" | "GET /votes/{id}/papers" => (Subject, Ask::get(of(Stage::Open).await)),
        "POST /votes/{id}/ballots" => {
            let fields = vec![("home", "1栋 1单元 102".to_owned()), ("way", "doorstep".to_owned()), ("topic_1", "y".to_owned())];
            let body = Body::Files(fields, String::new());
            (Subject, Ask { method: Method::POST, path: of(Stage::Open).await, body, headers: Vec::new() })
        }
        "GET /votes/{id}/scans/{scan}" | "GET /votes/{id}/scans/{scan}/photo" => {
            let vote = world.vote(at, Stage::Open).await;
            (Subject, Ask::get(path.replace("{id}", &vote.id).replace("{scan}", &vote.scan)))
        }
        "POST /votes/{id}/scans/{scan}" => {
            let vote = world.vote(at, Stage::Open).await;
            let path = path.replace("{id}", &vote.id).replace("{scan}", &vote.scan);
            (Subject, Ask::form(path, &[("do", "discard"), ("reason", "有误")]))
        }
        "GET /votes/{id}/list" | "GET /votes/{id}/recount.jsonl" | "GET /votes/{id}/pack" => {
            (Subject, Ask::get(of(Stage::Closed).await))
        }
        "POST /owners/import" => {
            let file = format!(
                "code,area_m2,area_source,owner,document\n{}/1栋/1单元/101,52.5,register,业主,TEST-000001\n",
                at.estate_code
            );
            (
                Subject,
                Ask { method: Method::POST, path: path.to_owned(), body: Body::Files(Vec::new(), file), headers: Vec::new() },
            )
        }
        "POST /owners/{id}/strike" => {
            (Subject, Ask::form(path.replace("{id}", &world.vote(at, Stage::Draft).await.unit), &[("reason", "重复")]))
        }
        "GET /vote/{district}/{id}" | "GET /vote/{district}/{id}/receipt" => {
            (List, Ask::get(public(&world.vote(at, Stage::Open).await.id)))
        }
        "GET /vote/{district}/{id}/commitments.txt" => (List, Ask::get(public(&world.vote(at, Stage::Closed).await.id))),
        "GET /my-home/votes/{id}" => (Subject, Ask::get(of(Stage::Open).await)),
        "POST /my-home/votes/{id}" => (Subject, Ask::form(of(Stage::Open).await, &[("seat", "1"), ("topic_1", "y")])),
        "POST /my-home/votes/{id}/paper" => (Subject, Ask::form(of(Stage::Open).await, &[("seat", "1")])),
        "GET /my-home/votes/{id}/list" | "GET /my-home/votes/{id}/recount.jsonl" => (Subject, Ask::get(of(Stage::Closed).await)),
        _ => return super::retrofit::ask(route, path, world, at).await,
    })
}
