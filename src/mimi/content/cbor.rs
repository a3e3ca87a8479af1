//! A content as CBOR and back, item by item, in the order of the draft's CDDL.
//!
//! Reading takes no more memory than a small multiple of the input: a length is believed only
//! where that many bytes are there, and lists grow with the items that are read. That an encoding
//! is the deterministic one is not checked here: the caller encodes anew and compares.

use std::convert::Infallible;

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

use super::part::{Body, ExternalPart, NestedPart, PartSemantics};
use super::{Content, Expiration, Extensions, MAX_DEPTH, MAX_EXTENSION, MESSAGE_ID, MessageHash};
use crate::mimi::uri::UriError;

/// Keys of the extensions that the draft defines.
const SENDER: u8 = 1;
const ROOM: u8 = 2;

/// The cardinalities of parts.
const NULL: u8 = 0;
const SINGLE: u8 = 1;
const EXTERNAL: u8 = 2;
const MULTI: u8 = 3;

type Writer = Encoder<Vec<u8>>;
type Written = Result<(), minicbor::encode::Error<Infallible>>;
type Reader<'a> = Decoder<'a>;
type Read<T> = Result<T, minicbor::decode::Error>;

pub(super) fn encode(content: &Content) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    // The only error is the sink's, and memory has none.
    write_content(&mut writer, content).expect("writing to memory does not fail");
    writer.into_writer()
}

fn write_content(writer: &mut Writer, content: &Content) -> Written {
    writer.array(7)?.bytes(&content.salt)?;
    write_hash(writer, content.replaces.as_ref())?;
    writer.bytes(&content.topic)?;
    match content.expires {
        Some(Expiration { relative, time }) => writer.array(2)?.bool(relative)?.u32(time)?,
        None => writer.null()?,
    };
    write_hash(writer, content.in_reply_to.as_ref())?;
    write_extensions(writer, &content.extensions)?;
    write_part(writer, &content.part)
}

fn write_hash(writer: &mut Writer, hash: Option<&MessageHash>) -> Written {
    match hash {
        Some(hash) => writer.bytes(hash)?,
        None => writer.null()?,
    };
    Ok(())
}

fn write_extensions(writer: &mut Writer, extensions: &Extensions) -> Written {
    let text = |text: &str| item(|writer| writer.str(text).map(drop));
    let mut map = extensions.others.clone();
    let sender = extensions.sender.as_ref().map(|user| (number(SENDER), user.to_string()));
    let room = extensions.room.as_ref().map(|room| (number(ROOM), room.to_string()));
    let id = extensions.message_id.as_ref().map(|id| (text(MESSAGE_ID), id.clone()));
    map.extend([sender, room, id].into_iter().flatten().map(|(name, it)| (name, text(&it))));
    writer.map(map.len() as u64)?;
    for (name, value) in &map {
        writer.writer_mut().extend_from_slice(name);
        writer.writer_mut().extend_from_slice(value);
    }
    Ok(())
}

fn write_part(writer: &mut Writer, part: &NestedPart) -> Written {
    let begin = |writer: &mut Writer, length: u64, cardinality: u8| -> Written {
        writer.array(length)?.u8(part.disposition)?.str(&part.language)?.u8(cardinality)?;
        Ok(())
    };
    match &part.body {
        Body::Null => begin(writer, 3, NULL),
        Body::Single { content_type, content } => {
            begin(writer, 5, SINGLE)?;
            writer.str(content_type)?.bytes(content)?;
            Ok(())
        }
        Body::External(it) => {
            begin(writer, 15, EXTERNAL)?;
            writer.str(&it.content_type)?.str(&it.url)?.u32(it.expires)?.u64(it.size)?;
            writer.u16(it.encryption)?.bytes(&it.key)?.bytes(&it.nonce)?.bytes(&it.aad)?;
            writer.u8(it.hash)?.bytes(&it.content_hash)?;
            writer.str(&it.description)?.str(&it.filename)?;
            Ok(())
        }
        Body::Multi { semantics, parts } => {
            begin(writer, 5, MULTI)?;
            writer.u8(*semantics as u8)?.array(parts.len() as u64)?;
            parts.iter().try_for_each(|part| write_part(writer, part))
        }
    }
}

/// One item by itself.
fn item(write: impl FnOnce(&mut Writer) -> Written) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    write(&mut writer).expect("writing to memory does not fail");
    writer.into_writer()
}

fn number(number: u8) -> Vec<u8> {
    item(|writer| writer.u8(number).map(drop))
}

pub(super) fn decode(bytes: &[u8]) -> Read<Content> {
    let mut reader = Reader::new(bytes);
    array(&mut reader, 7)?;
    Ok(Content {
        salt: fixed(&mut reader)?,
        replaces: nullable(&mut reader, fixed)?,
        topic: reader.bytes()?.to_vec(),
        expires: nullable(&mut reader, |reader| {
            array(reader, 2)?;
            Ok(Expiration { relative: reader.bool()?, time: reader.u32()? })
        })?,
        in_reply_to: nullable(&mut reader, fixed)?,
        extensions: read_extensions(&mut reader)?,
        part: read_part(&mut reader, MAX_DEPTH)?,
    })
}

fn read_extensions(reader: &mut Reader) -> Read<Extensions> {
    let mut extensions = Extensions::default();
    for _ in 0..length(reader.map()?)? {
        let name = match reader.datatype()? {
            Type::String => {
                let name = reader.str()?;
                item(|writer| writer.str(name).map(drop))
            }
            _ => {
                let name = reader.int()?;
                item(|writer| writer.int(name).map(drop))
            }
        };
        if name == number(SENDER) {
            extensions.sender = Some(uri(reader)?);
        } else if name == number(ROOM) {
            extensions.room = Some(uri(reader)?);
        } else if name == item(|writer| writer.str(MESSAGE_ID).map(drop)) {
            extensions.message_id = Some(reader.str()?.to_owned());
        } else {
            let begin = reader.position();
            reader.skip()?;
            let value = reader.input().get(begin..reader.position()).unwrap_or_default();
            if value.len() > MAX_EXTENSION {
                return Err(refuse("the value of an extension is too long"));
            }
            extensions.others.insert(name, value.to_vec());
        }
    }
    Ok(extensions)
}

fn read_part(reader: &mut Reader, depth: usize) -> Read<NestedPart> {
    let depth = depth.checked_sub(1).ok_or_else(|| refuse("parts lie too deep"))?;
    let length = length(reader.array()?)?;
    let (disposition, language) = (reader.u8()?, reader.str()?.to_owned());
    let body = match (reader.u8()?, length) {
        (NULL, 3) => Body::Null,
        (SINGLE, 5) => Body::Single {
            content_type: reader.str()?.to_owned(),
            content: reader.bytes()?.to_vec(),
        },
        (EXTERNAL, 15) => Body::External(Box::new(read_external(reader)?)),
        (MULTI, 5) => {
            let semantics = match reader.u8()? {
                0 => PartSemantics::ChooseOne,
                1 => PartSemantics::SingleUnit,
                2 => PartSemantics::ProcessAll,
                _ => return Err(refuse("expected chooseOne(0), singleUnit(1), processAll(2)")),
            };
            Body::Multi { semantics, parts: read_parts(reader, depth)? }
        }
        _ => return Err(refuse("a part has another length than its cardinality says")),
    };
    Ok(NestedPart { disposition, language, body })
}

fn read_parts(reader: &mut Reader, depth: usize) -> Read<Vec<NestedPart>> {
    let count = length(reader.array()?)?;
    if count < 2 {
        return Err(refuse("several parts are at least two"));
    }
    (0..count).map(|_| read_part(reader, depth)).collect()
}

fn read_external(reader: &mut Reader) -> Read<ExternalPart> {
    Ok(ExternalPart {
        content_type: reader.str()?.to_owned(),
        url: reader.str()?.to_owned(),
        expires: reader.u32()?,
        size: reader.u64()?,
        encryption: reader.u16()?,
        key: reader.bytes()?.to_vec(),
        nonce: reader.bytes()?.to_vec(),
        aad: reader.bytes()?.to_vec(),
        hash: reader.u8()?,
        content_hash: reader.bytes()?.to_vec(),
        description: reader.str()?.to_owned(),
        filename: reader.str()?.to_owned(),
    })
}

fn refuse(why: &'static str) -> minicbor::decode::Error {
    minicbor::decode::Error::message(why)
}

/// The length of a list or map, which has to say it.
fn length(length: Option<u64>) -> Read<u64> {
    length.ok_or_else(|| refuse("a list or map does not say its length"))
}

fn array(reader: &mut Reader, expected: u64) -> Read<()> {
    let found = length(reader.array()?)?;
    if found == expected { Ok(()) } else { Err(refuse("a list has another length")) }
}

fn fixed<const N: usize>(reader: &mut Reader) -> Read<[u8; N]> {
    reader.bytes()?.try_into().map_err(|_| refuse("a byte string has another length"))
}

fn nullable<T>(reader: &mut Reader, read: impl FnOnce(&mut Reader) -> Read<T>) -> Read<Option<T>> {
    if reader.datatype()? == Type::Null {
        reader.null()?;
        return Ok(None);
    }
    read(reader).map(Some)
}

fn uri<U: TryFrom<String, Error = UriError>>(reader: &mut Reader) -> Read<U> {
    let text = reader.str()?.to_owned();
    U::try_from(text).map_err(|_| refuse("the URI of an extension is not of its kind"))
}
