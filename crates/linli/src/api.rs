//! The interface for programs, described as OpenAPI 3.1 at `/api/v1/openapi.json`. Each room describes its own routes; here they
//! are put together, and every one of them says that it refuses with RFC 9457 problems.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use linli_hall::Hall;
use linli_webkit::{Access, AppError, Module, RoomRoutes};
use serde_json::Value;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, ResponseBuilder};
use utoipa::{OpenApi, ToSchema};

use crate::cli::Profile;

/// The description of a house. A service of the hall.
#[derive(Debug)]
pub struct Description(String);

/// A refusal (RFC 9457).
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what webkit writes")]
struct Problem {
    /// `/problems/` and the code.
    r#type: String,
    /// What happened, in the language asked for.
    title: String,
    /// The status of the answer.
    status: u16,
    /// What to do next.
    detail: String,
    /// The stable code to branch on, such as `cases.not_found`.
    code: String,
    /// The reference by which the log is searched.
    request_id: String,
    /// The fields that are wrong; left out when none is.
    errors: Option<Vec<ProblemField>>,
}

/// A field that is wrong.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what webkit writes")]
struct ProblemField {
    /// Its name.
    field: String,
    /// A stable code of what is wrong.
    code: String,
    /// The same in words.
    detail: String,
}

/// The frame the rooms hang their parts into.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Linli 邻里",
        description = "Instants are RFC 3339 in Beijing time; states, classes and roles are stable codes."
    ),
    paths(openapi),
    components(schemas(Problem, ProblemField))
)]
struct Frame;

/// The route that hands it out.
#[must_use]
pub fn module() -> Module<Hall> {
    Module {
        name: "api",
        routes: RoomRoutes::new("api").get("/api/v1/openapi.json", Access::Public, openapi),
        texts: ("", ""),
        nav: Vec::new(),
    }
}

/// This description.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    operation_id = "describe",
    tag = "about",
    responses((status = 200, description = "OpenAPI 3.1", body = Object))
)]
async fn openapi(State(hall): State<Hall>) -> Result<Response, AppError> {
    let description = hall.service::<Description>()?;
    Ok(([(CONTENT_TYPE, "application/json")], description.0.clone()).into_response())
}

impl Description {
    /// Of the rooms of a profile.
    ///
    /// # Errors
    /// None in practice: the description is ours.
    pub fn of(profile: Profile) -> anyhow::Result<Arc<Self>> {
        Ok(Arc::new(Self(serde_json::to_string(&document(profile)?)?)))
    }
}

fn document(profile: Profile) -> anyhow::Result<Value> {
    let mut whole = Frame::openapi();
    if profile != Profile::Treatment {
        whole.merge(linli_board::api::described());
        whole.merge(linli_cases::api::described());
        whole.merge(linli_devices::described());
    }
    whole.info.version = "1".to_owned();
    whole.info.license = None;
    let refused = ResponseBuilder::new()
        .description("Refused; the code says why, the detail what to do")
        .content("application/problem+json", Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem")))))
        .build();
    for item in whole.paths.paths.values_mut() {
        let asked = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in asked.into_iter().flatten() {
            operation.responses.responses.insert("default".to_owned(), RefOr::T(refused.clone()));
        }
    }
    if let Some(components) = whole.components.as_mut() {
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-linli")));
        components.security_schemes.insert("session".to_owned(), RefOr::T(cookie));
        if profile != Profile::Treatment {
            let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
            components.security_schemes.insert("device_token".to_owned(), RefOr::T(bearer.clone()));
            components.security_schemes.insert("hotline_key".to_owned(), RefOr::T(bearer));
        }
    }
    Ok(serde_json::to_value(&whole)?)
}
