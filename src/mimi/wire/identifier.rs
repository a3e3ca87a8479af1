//! `POST /identifierQuery/{domain}`: which user of a provider is meant (§5.8).
//!
//! The asker's provider asks the other one directly, past any hub. All elements of a query must
//! match. Where the draft's notation slips (Q2), read here is: the `type` that a query element
//! selects by as its `searchType`, and the undefined `string` of a field's name as an `opaque<V>`
//! with UTF-8.
//!
//! Not here: whom a query finds: that is the asked provider's policy.

use super::codec::{Reader, Writer};
use super::{AppDataDictionary, WireError};
use crate::mimi::uri::UserUri;

/// One thing that a user must match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryElement {
    /// Where to look.
    pub field: SearchField,
    /// What to look for.
    pub value: String,
}

/// Where a query looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchField {
    /// The whole handle, exactly.
    Handle,
    /// A nickname, or the handle's user part, exactly.
    Nick,
    /// An e-mail address, exactly.
    Email,
    /// A telephone number with its `+`, exactly.
    Phone,
    /// Part of any name, whatever its case.
    PartialName,
    /// Part of anything that can be searched.
    WholeProfile,
    /// A standard claim of OpenID Connect, by its name.
    OidcStdClaim(String),
    /// A vCard property, by its name.
    VcardField(String),
}

impl QueryElement {
    /// Its field and value, as traces have them.
    pub fn told(&self) -> String {
        format!("{} {}", self.field.field_name(), self.value)
    }

    fn write(writer: Writer, it: &Self) -> Writer {
        let writer = match &it.field {
            SearchField::Handle => writer.put(&1u8),
            SearchField::Nick => writer.put(&2u8),
            SearchField::Email => writer.put(&3u8),
            SearchField::Phone => writer.put(&4u8),
            SearchField::PartialName => writer.put(&5u8),
            SearchField::WholeProfile => writer.put(&6u8),
            SearchField::OidcStdClaim(name) => writer.put(&7u8).opaque(name.as_bytes()),
            SearchField::VcardField(name) => writer.put(&8u8).opaque(name.as_bytes()),
        };
        writer.opaque(it.value.as_bytes())
    }

    fn read(reader: &mut Reader) -> Result<Self, WireError> {
        let field = match reader.code(&[1, 2, 3, 4, 5, 6, 7, 8], "a search type: 1 to 8")? {
            1 => SearchField::Handle,
            2 => SearchField::Nick,
            3 => SearchField::Email,
            4 => SearchField::Phone,
            5 => SearchField::PartialName,
            6 => SearchField::WholeProfile,
            7 => SearchField::OidcStdClaim(reader.string("the name of a claim")?),
            _ => SearchField::VcardField(reader.string("the name of a property")?),
        };
        Ok(Self { field, value: reader.string("what to search for")? })
    }
}

impl SearchField {
    /// Its name in the draft; of a claim or a property, that of the vocabulary.
    pub fn field_name(&self) -> &'static str {
        match self {
            Self::Handle => "handle",
            Self::Nick => "nick",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::PartialName => "partialName",
            Self::WholeProfile => "wholeProfile",
            Self::OidcStdClaim(_) => "oidcStdClaim",
            Self::VcardField(_) => "vcardField",
        }
    }
}

/// Asks for the users that match all of its elements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentifierRequest {
    /// What must match.
    pub elements: Vec<QueryElement>,
    /// Room for more.
    pub extensions: AppDataDictionary,
}

impl IdentifierRequest {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        let writer = Writer::default().list(&self.elements, QueryElement::write);
        self.extensions.write(writer).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole("IdentifierRequest", bytes, |reader| {
            Ok(Self {
                elements: reader.list("a list of query elements", QueryElement::read)?,
                extensions: AppDataDictionary::read(reader)?,
            })
        })
    }
}

/// How a query went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentifierQueryCode {
    /// At least one user matches.
    Success = 0,
    /// Nobody does.
    NotFound = 1,
    /// The provider answers only to an exact match of these fields.
    Ambiguous = 2,
    /// The provider does not answer such queries.
    Forbidden = 3,
    /// The provider can't search one of the fields.
    UnsupportedField = 4,
}

impl IdentifierQueryCode {
    /// Its name in the draft.
    pub fn code_name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::NotFound => "notFound",
            Self::Ambiguous => "ambiguous",
            Self::Forbidden => "forbidden",
            Self::UnsupportedField => "unsupportedField",
        }
    }
}

/// Where a field of a profile comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldSource {
    /// A standard claim of OpenID Connect.
    OidcStdClaim = 7,
    /// A vCard property.
    VcardField = 8,
}

/// A field of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileField {
    /// Which vocabulary its name is from.
    pub source: FieldSource,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Vec<u8>,
}

/// What a provider tells about a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserProfile {
    /// The URI that stays the user's.
    pub user: UserUri,
    /// What else it tells.
    pub fields: Vec<ProfileField>,
}

/// Answers an [`IdentifierRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentifierResponse {
    /// How it went.
    pub code: IdentifierQueryCode,
    /// The users that match.
    pub users: Vec<UserUri>,
    /// What the provider tells about them.
    pub profiles: Vec<UserProfile>,
    /// Room for more.
    pub extensions: AppDataDictionary,
}

impl IdentifierResponse {
    /// An answer that names nobody.
    pub fn nobody(code: IdentifierQueryCode) -> Self {
        let extensions = AppDataDictionary::default();
        Self { code, users: Vec::new(), profiles: Vec::new(), extensions }
    }

    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        let field = |writer: Writer, it: &ProfileField| {
            let writer = writer.put(&(it.source as u8));
            writer.opaque(it.name.as_bytes()).opaque(&it.value)
        };
        let profile =
            |writer: Writer, it: &UserProfile| writer.uri(&it.user).list(&it.fields, field);
        let writer = Writer::default()
            .put(&(self.code as u8))
            .list(&self.users, |writer, user| writer.uri(user))
            .list(&self.profiles, profile);
        self.extensions.write(writer).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole("IdentifierResponse", bytes, |reader| {
            let code = match reader.code(&[0, 1, 2, 3, 4], "an IdentifierQueryCode: 0 to 4")? {
                0 => IdentifierQueryCode::Success,
                1 => IdentifierQueryCode::NotFound,
                2 => IdentifierQueryCode::Ambiguous,
                3 => IdentifierQueryCode::Forbidden,
                _ => IdentifierQueryCode::UnsupportedField,
            };
            let users = reader.list("a list of users", |reader| reader.uri("a user"))?;
            let profiles = reader.list("a list of profiles", |reader| {
                let user = reader.uri("a profile's user")?;
                Ok(UserProfile { user, fields: reader.list("a list of fields", read_field)? })
            })?;
            Ok(Self { code, users, profiles, extensions: AppDataDictionary::read(reader)? })
        })
    }
}

fn read_field(reader: &mut Reader) -> Result<ProfileField, WireError> {
    let source = match reader.code(&[7, 8], "oidcStdClaim(7) or vcardField(8)")? {
        7 => FieldSource::OidcStdClaim,
        _ => FieldSource::VcardField,
    };
    let name = reader.string("a field's name in UTF-8")?;
    Ok(ProfileField { source, name, value: reader.opaque("a field's value")? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mimi::wire::testing::*;

    fn any_text() -> impl Strategy<Value = String> {
        "\\PC{0,12}"
    }

    fn any_request() -> impl Strategy<Value = IdentifierRequest> {
        let field = prop_oneof![
            Just(SearchField::Handle),
            Just(SearchField::Nick),
            Just(SearchField::Email),
            Just(SearchField::Phone),
            Just(SearchField::PartialName),
            Just(SearchField::WholeProfile),
            any_text().prop_map(SearchField::OidcStdClaim),
            any_text().prop_map(SearchField::VcardField),
        ];
        let element = (field, any_text()).prop_map(|(field, value)| QueryElement { field, value });
        (prop::collection::vec(element, 0..4), any_dictionary())
            .prop_map(|(elements, extensions)| IdentifierRequest { elements, extensions })
    }

    fn any_response() -> impl Strategy<Value = IdentifierResponse> {
        let code = prop::sample::select(vec![
            IdentifierQueryCode::Success,
            IdentifierQueryCode::NotFound,
            IdentifierQueryCode::Ambiguous,
            IdentifierQueryCode::Forbidden,
            IdentifierQueryCode::UnsupportedField,
        ]);
        let source = prop::sample::select(vec![FieldSource::OidcStdClaim, FieldSource::VcardField]);
        let field = (source, any_text(), any_bytes())
            .prop_map(|(source, name, value)| ProfileField { source, name, value });
        let profile = (any_user(), prop::collection::vec(field, 0..3))
            .prop_map(|(user, fields)| UserProfile { user, fields });
        let users = prop::collection::vec(any_user(), 0..3);
        let found = (users, prop::collection::vec(profile, 0..3));
        (code, found, any_dictionary()).prop_map(|(code, (users, profiles), extensions)| {
            IdentifierResponse { code, users, profiles, extensions }
        })
    }

    #[test]
    fn a_request_reads_back_and_damage_does_no_harm() {
        holds(any_request(), IdentifierRequest::encode, IdentifierRequest::decode);
    }

    #[test]
    fn a_response_reads_back_and_damage_does_no_harm() {
        holds(any_response(), IdentifierResponse::encode, IdentifierResponse::decode);
    }

    #[test]
    fn a_request_has_these_bytes() {
        let element = |field, value: &str| QueryElement { field, value: value.to_owned() };
        let claim = SearchField::OidcStdClaim("nick".to_owned());
        let request = IdentifierRequest {
            elements: vec![element(SearchField::Handle, "bo"), element(claim, "b")],
            extensions: AppDataDictionary::default(),
        };
        let elements = bytes(&[&[1, 2], b"bo", &[7, 4], b"nick", &[1], b"b"]);
        assert_eq!(request.encode(), bytes(&[&[elements.len() as u8], &elements, &[0]]));
    }

    #[test]
    fn a_response_has_these_bytes_and_this_name() {
        let user = UserUri::parse("mimi://b/u/y").unwrap();
        let fields = vec![ProfileField {
            source: FieldSource::VcardField,
            name: "ORG".to_owned(),
            value: vec![5],
        }];
        let response = IdentifierResponse {
            code: IdentifierQueryCode::Success,
            users: vec![user.clone()],
            profiles: vec![UserProfile { user, fields }],
            extensions: AppDataDictionary::default(),
        };
        let users = bytes(&[&[13, 12], b"mimi://b/u/y"]);
        let profiles = bytes(&[&[21, 12], b"mimi://b/u/y", &[7, 8, 3], b"ORG", &[1, 5]]);
        assert_eq!(response.encode(), bytes(&[&[0], &users, &profiles, &[0]]));
        let unsupported = IdentifierResponse::nobody(IdentifierQueryCode::UnsupportedField);
        assert_eq!(unsupported.encode(), [4, 0, 0, 0]);
        assert_eq!(unsupported.code.code_name(), "unsupportedField");
    }

    #[test]
    fn a_search_type_that_there_is_not_is_told() {
        let error = IdentifierRequest::decode(&[2, 9, 0, 0]).unwrap_err().to_string();
        assert_eq!(error, "IdentifierRequest, byte 1: expected a search type: 1 to 8, found 9");
    }
}
