//! Who is meant: queries for this provider's users (P06 §5.8).
//!
//! The policy of the testbed's providers, chosen so that each of the draft's five codes has its
//! case. A user has a handle, its URI (`im:NAME@DOMAIN` is taken for the same), and a name. Exact
//! matches of either are answered; part of a name is answered where it is one user's, and is
//! ambiguous where it is several users'. Searching whole profiles would list everybody, and is
//! forbidden, as is a query without elements. Other fields no user has.

use bytes::Bytes;

use super::Inner;
use super::answer::{Failure, Try, answer};
use super::directory::Errand;
use crate::mimi::uri::{ProviderName, UserUri};
use crate::mimi::wire::{
    IdentifierQueryCode, IdentifierRequest, IdentifierResponse, QueryElement, Route, SearchField,
};
use crate::trace::Event;

impl Inner {
    /// Answers `identifierQuery`.
    pub(super) fn identifier_query(
        &self,
        domain: &ProviderName,
        body: &Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        if *domain != self.setup.name {
            let why = format!("{domain} is not this provider's domain");
            return Err(Failure::new(404, "user-is-known", &why));
        }
        let request =
            IdentifierRequest::decode(body).map_err(|error| Failure::malformed(&error))?;
        let state = self.state.borrow();
        let response = match find(state.shelf.users(), &request.elements) {
            Ok(users) => IdentifierResponse {
                users,
                ..IdentifierResponse::nobody(IdentifierQueryCode::Success)
            },
            Err(code) => IdentifierResponse::nobody(code),
        };
        self.setup.journal.record(Event::Answered {
            room: None,
            endpoint: "identifierQuery".to_owned(),
            code: response.code.code_name().to_owned(),
            clients: Default::default(),
        });
        Ok(answer(200, response.encode()))
    }

    /// An own client asks for a user of this provider or of another.
    pub(super) async fn find_user(
        &self,
        provider: &ProviderName,
        trying: &Try,
        body: Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        if *provider == self.setup.name {
            return self.identifier_query(provider, &body);
        }
        self.relay(Errand {
            to: provider.clone(),
            route: Route::IdentifierQuery(provider.clone()),
            room: None,
            about: trying.about.clone(),
            attempt: trying.attempt,
            body: Some(body),
        })
        .await
    }
}

/// The users that match all elements: at least one.
fn find<'a>(
    users: impl Iterator<Item = &'a UserUri>,
    elements: &[QueryElement],
) -> Result<Vec<UserUri>, IdentifierQueryCode> {
    use IdentifierQueryCode::{Ambiguous, Forbidden, NotFound, UnsupportedField};
    let has = |wanted: fn(&SearchField) -> bool| elements.iter().any(|it| wanted(&it.field));
    if elements.is_empty() || has(|field| *field == SearchField::WholeProfile) {
        return Err(Forbidden);
    }
    if has(|field| {
        !matches!(field, SearchField::Handle | SearchField::Nick | SearchField::PartialName)
    }) {
        return Err(UnsupportedField);
    }
    let found: Vec<_> =
        users.filter(|user| elements.iter().all(|it| matches(user, it))).cloned().collect();
    match found.len() {
        0 => Err(NotFound),
        1 => Ok(found),
        _ => Err(Ambiguous),
    }
}

fn matches(user: &UserUri, element: &QueryElement) -> bool {
    let value = element.value.as_str();
    match element.field {
        SearchField::Handle => {
            value == user.to_string() || value == format!("im:{}@{}", user.name(), user.provider())
        }
        SearchField::Nick => value == user.name(),
        _ => user.name().to_lowercase().contains(&value.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::IdentifierQueryCode::{Ambiguous, Forbidden, NotFound, UnsupportedField};
    use super::*;

    /// The names of those who are found among Matt, matilda and bob.
    fn found(query: &[(SearchField, &str)]) -> Result<Vec<String>, IdentifierQueryCode> {
        let user = |name| UserUri::parse(&format!("mimi://b.example/u/{name}")).unwrap();
        let users = ["Matt", "bob", "matilda"].map(user);
        let element = |(field, value): &(SearchField, &str)| QueryElement {
            field: field.clone(),
            value: (*value).to_owned(),
        };
        let elements: Vec<_> = query.iter().map(element).collect();
        let found = find(users.iter(), &elements)?;
        Ok(found.iter().map(|user| user.name().to_owned()).collect())
    }

    #[test]
    fn an_exact_match_and_a_part_that_is_one_users_are_found() {
        use SearchField::{Handle, Nick, PartialName};
        let bob = Ok(vec!["bob".to_owned()]);
        assert_eq!(found(&[(Handle, "mimi://b.example/u/bob")]), bob);
        assert_eq!(found(&[(Handle, "im:bob@b.example")]), bob);
        assert_eq!(found(&[(Nick, "bob")]), bob);
        assert_eq!(found(&[(PartialName, "BO")]), bob);
        assert_eq!(found(&[(PartialName, "mat"), (Nick, "Matt")]), Ok(vec!["Matt".to_owned()]));
    }

    #[test]
    fn what_is_not_answered_says_why() {
        use SearchField::{Email, Handle, Nick, PartialName, VcardField, WholeProfile};
        assert_eq!(found(&[(Handle, "im:bob@c.example")]), Err(NotFound));
        assert_eq!(found(&[(Nick, "Bob")]), Err(NotFound));
        assert_eq!(found(&[(Nick, "bob"), (Nick, "Matt")]), Err(NotFound), "all must match");
        assert_eq!(found(&[(PartialName, "mat")]), Err(Ambiguous));
        assert_eq!(found(&[(WholeProfile, "bob")]), Err(Forbidden));
        assert_eq!(found(&[]), Err(Forbidden));
        assert_eq!(found(&[(Email, "bob@b.example")]), Err(UnsupportedField));
        assert_eq!(found(&[(Nick, "bob"), (VcardField("ORG".into()), "x")]), Err(UnsupportedField));
    }
}
