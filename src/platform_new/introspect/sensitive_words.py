"""The words that identify personal data by its names: by kind, and by language where it matters.

A phrase matches every spelling: `birth date` is also `birth_date`, `BirthDate` and `birthdate`.
"""

from __future__ import annotations

from collections.abc import Mapping

PEOPLE: Mapping[str, str] = {
    "en": """actor admin administrator applicant appuser author beneficiary buyer candidate cardholder
        citizen client clinician colleague contact customer consumer dependent doctor donor driver employee
        guarantor guardian guest holder individual instructor invitee lead member nurse operator owner
        participant partner passenger patient payee people person personnel physician player practitioner
        professor rep resident signatory spouse staff student subscriber supervisor teacher tenant tourist
        traveler traveller user visitor volunteer voter worker artist attendee caregiver child children coach
        counselor crew delegate director judge kid lawyer manager officer pilot profile recipient referee sender
        singer speaker sponsor suspect therapist trainer tutor victim witness""",
    "de": """ansprechpartner anwender arbeiter arzt benutzer fahrer kontakt kunde kunden mieter
        mitarbeiter mitglied mitglieder nutzer patienten person personen personal schüler student studenten
        teilnehmer vertreter angestellte angestellter arbeitnehmer autor bewerber bürger dozent ehemalige
        eigentümer einwohner eltern empfänger gast gäste halter inhaber käufer kinder lehrer spieler trainer
        verkäufer vermieter versicherte versicherter""",
    "fr": """abonne acheteur adherent beneficiaire client conducteur contact eleve employe etudiant
        membre patient personne salarie utilisateur visiteur acteur administrateur artiste auteur candidat
        chauffeur enfant enseignant invite joueur journalier locataire medecin profil professeur proprietaire
        vendeur""",
    "es": """abonado alumno cliente clientes conductor contacto empleado estudiante huesped miembro
        paciente pasajero persona socio trabajador usuario vendedor administrador asistente autor candidato
        chofer ciudadano doctor estudiantes hijo inquilino invitado jugador madre maestro medico padre perfil
        perfiles profesor profesores propietario votante""",
}
"""Words for people; a table named after them has a person in each row."""

PLACES: Mapping[str, str] = {
    "en": """agency airport area bank branch building campus carrier center circuit city clinic company
        country county depot district dock facility factory garage gate hospital hotel institution location
        merchant museum office organisation organization outlet park plant port property province region
        restaurant room school shipper shop site stadium station stop store state street territory terminal
        theater timezone track university vendor venue warehouse zip zipcode postcode postal employer
        manufacturer publisher brand""",
    "de": """bahnhof behörde bezirk filiale filialen firma firmen gebäude haltestelle halt hotel klinik
        krankenhaus lager land länder markt ort orte region schule standort standorte station werk arbeitgeber
        betrieb hersteller unternehmen verein verlag""",
    "fr": """agence batiment boutique bureau commune departement ecole entrepot etablissement gare
        hopital hotel magasin pays region societe station usine ville club editeur entreprise fabricant
        fournisseur""",
    "es": """aeropuerto almacen ciudad ciudades comunidad edificio empresa escuela estacion hospital
        hotel municipio oficina pais paises parada provincia region sucursal sucursales tienda club editorial
        fabricante proveedor proveedores""",
}
"""Words for places and organisations, which have an address or a telephone but are not people."""

ABOUT_PEOPLE = """account address data detail details entity history home identity info identifier location
    position coordinate document information master name person profile record archive base daten stammdaten
    donnees datos adresse direccion anschrift"""
"""Words that may follow the word for people in the name of a table of people."""

STRONG: Mapping[str, Mapping[str, str]] = {
    "email": {
        "en": "email|e mail|email address|e mail address|mail address|email addr|email id",
        "de": "email adresse|e mail adresse|mailadresse",
        "fr": "courriel|adresse mail|adresse email|adresse electronique",
        "es": "correo|correo electronico|direccion correo|mail",
    },
    "phone": {
        "en": """phone|telephone|mobile|cellphone|mobile phone|cell phone|fax|tel|phone number
            |mobile number|msisdn|whatsapp|phone no|mobile no|fax number|sms number|sms verification number
            |landline|telefax""",
        "de": """telefon|telefonnummer|natelnummer|handy|handynummer|mobilnummer|mobil|rufnummer
            |faxnummer|festnetz|telefonnr""",
        "fr": "telephone|tel portable|numero telephone|numero de telephone|tel mobile|telecopie",
        "es": """telefono|telefono movil|telefono fijo|telefono celular|numero de telefono movil|movil
            |celular|numero telefono|numero de telefono""",
    },
    "ip": {
        "en": "ip|ip address|ip addr|ipv|remote addr|ip v",
        "de": "ip adresse",
        "fr": "adresse ip",
        "es": "direccion ip",
    },
    "birth_date": {
        "en": """birth date|birth day|birthday|birth datetime|birth time|birth year|birth month
            |date of birth|year of birth|month of birth|day of birth|dob|yob|born on|born at|born|birth""",
        "de": """geburtsdatum|geburts datum|geburts tag|geburts jahr|geburtstag|geburtsjahr|geburtsmonat
            |geb datum|geboren am|geboren""",
        "fr": "date naissance|date de naissance|annee naissance|annee de naissance|jour naissance|ne le",
        "es": "fecha nacimiento|fecha de nacimiento|ano nacimiento|ano de nacimiento|nacimiento",
    },
    "national_id": {
        "en": """ssn|ssnid|sinid|social security|social security number|social insurance number
            |national insurance|nino|national insurance number|ni number|national id|national identity
            |national identity number|personal id|citizen id|passport|passport number|passport no|passport id
            |tax id|tax number|tax identification number|vat number|vat id|taxvat|tax vat|driver license
            |drivers license|driving license|driver licence|drivers licence|driving licence|license no driver
            |nhs number|medical record number|mrn|id number|identity card|identity number|id card|id card number
            |aadhaar|identification id|identification number|residence permit""",
        "de": """steuer id|steuernummer|steueridentifikationsnummer|steuer identifikationsnummer|idnr
            |sozialversicherungsnummer|sv nummer|rentenversicherungsnummer|personalausweis|personalausweisnummer
            |ausweisnummer|ausweis nr|reisepass|reisepassnummer|führerschein|führerscheinnummer|ust id
            |krankenversichertennummer""",
        "fr": """numero securite sociale|numero de securite sociale|numero secu|nir|carte identite
            |numero passeport|passeport|numero fiscal|permis conduire|permis de conduire|numero identite
            |piece identite|numero piece identite|numero cin|carte nationale""",
        "es": """dni|nif|nie|curp|rfc|cedula|pasaporte|numero seguridad social|seguridad social|cpf|nss
            |licencia de conducir|documento identidad|documento de identidad|numero identificacion
            |numero documento|nro documento|num documento|num doc|num doc id|numero identidad""",
        "other": "pesel|bsn|codice fiscale|personnummer|cnp",
    },
    "bank_account": {
        "en": """iban|bank account|bank account number|account number|account no|acc number|acc no
            |acct no|acct number|routing number|card number|card no|credit card|credit card number
            |debit card number|pan|cvv|cvc|cvv code|card verification value|card security code
            |credit card verification value|bank account no|sort code""",
        "de": "kontonummer|konto nr|kontonr|bankkonto|bankverbindung|kreditkarte|kreditkartennummer|kartennummer",
        "fr": "numero compte|numero de compte|compte bancaire|numero carte|numero de carte|carte bancaire",
        "es": """numero cuenta|cbu|cvu|cvu cbu|numero de cuenta|cuenta bancaria|clabe|numero tarjeta
            |numero de tarjeta|tarjeta credito""",
    },
    "name": {
        "en": """first name|last name|middle name|given name|family name|maiden name|surname|forename
            |nickname|nick name|preferred name|secretary|passenger|emergency contact|cardholder|middle initial
            |real name|birth name|legal first name|legal last name""",
        "de": """vorname|nachname|mittelname|zweitname|familienname|geburtsname|rufname|mädchenname
            |ansprechpartner|spitzname|zuname|familien name""",
        "fr": """prenom|nom famille|nom de famille|nom naissance|nom de naissance|nom usage
            |nom jeune fille|nom de jeune fille|postnom|pseudonyme|surnom""",
        "es": """apellido|apellido paterno|apellido materno|primer nombre|segundo nombre|nombre completo
            |nombre de pila|apodo|ap paterno|ap materno|paterno|materno""",
    },
    "other": {
        "en": """username|user name|user login|login|login name|gender|sex|ethnicity|religion|marital
            |marital status|mac address|mac addr|imei|imsi|device fingerprint|advertising id|idfa|gaid
            |advertising identifier|user agent|useragent|browser agent|license plate|licence plate|plate number
            |number plate|registration plate|place of birth|birth place|birthplace|birth city|about me
            |sexual orientation|blood type|avatar url|photo uri|photo url|skype|twitter handle|telegram|avatar
            |disability|political opinion|profile photo|profile picture|profile image|profile image url
            |profile photo url|blood group|allergies|medical history|next of kin""",
        "de": """benutzername|geschlecht|religion|konfession|familienstand|kennzeichen|kfz kennzeichen
            |geburtsort|staatsangehörigkeit|staatsbürgerschaft|nutzername|profilbild|blutgruppe|nummernschild
            |allergie|vorerkrankung""",
        "fr": """nom utilisateur|nom d utilisateur|identifiant connexion|sexe|etat civil
            |situation familiale|immatriculation|lieu naissance|lieu de naissance|nationalite|photo profil
            |photo de profil|groupe sanguin|plaque immatriculation|numero plaque""",
        "es": """nombre usuario|nombre de usuario|sexo|genero|estado civil|matricula|lugar nacimiento
            |lugar de nacimiento|nacionalidad|foto perfil|foto de perfil|tipo sangre|tipo de sangre
            |grupo sanguineo|alergia|orientacion sexual""",
    },
}
"""Personal in any table, by kind and language."""

WHERE_IT_IS: Mapping[str, str] = {
    "en": """address|addr|street|street name|street number|street type|street address|suite number
        |apartment|house number|zip|zip code|zipcode|postal code|postcode|post code|address line|home location
        |home location name|pin code|po box|home lat|home lon|home latitude|home longitude""",
    "de": "strasse|straße|hausnummer|haus nr|plz|postleitzahl|anschrift|wohnort|adresse|adresszusatz|postfach",
    "fr": "adresse|rue|numero rue|code postal|domicile",
    "es": "direccion|dir|dir domiciliaria|calle|codigo postal|domicilio|colonia",
}
"""Parts of an address, which are personal unless the address is a place's."""

WHERE_A_PERSON_IS: Mapping[str, str] = {
    "en": "city|town|locality|location|lat|lon|lng|latitude|longitude|line|coordinates|geo point|geolocation",
    "de": "ort|stadt|wohnort|breitengrad|längengrad",
    "fr": "ville|commune|lieu",
    "es": "ciudad|municipio|poblacion|localidad|latitud|longitud",
}
"""Parts of an address in a table of people, or in a column whose name says whose address it is."""

SETTLEMENTS = "city town locality ort stadt ville commune ciudad municipio poblacion localidad"
"""The parts that say nothing about a person without the rest of the address."""

OF_A_PERSON: Mapping[str, Mapping[str, str]] = {
    "name": {
        "en": "name|full name|display name|legal name|first|last",
        "de": "name",
        "fr": "nom|nom complet",
        "es": "nombre",
    },
    "email": {"en": "mail"},
    "other": {
        "en": """alias|note|notes|comment|remark|bio|biography|photo|picture|portrait|image|signature
            |fingerprint|race|nationality|salary|wage|income|caste|health|diagnosis|hobby|photo url|picture url""",
        "de": """bemerkung|notiz|anmerkung|foto|bild|gehalt|lohn|nationalität|unterschrift|anrede
            |biografie|krankheit|diagnose""",
        "fr": "remarque|commentaire|photo|salaire|civilite|pseudo|biographie|image|signature",
        "es": "observacion|observaciones|comentario|nota|foto|sueldo|salario|biografia|enfermedad|imagen|diagnostico",
    },
    "national_id": {
        "en": "identifier|document key|document number|vat|tin",
        "es": "rut|documento|identificacion|doc",
        "fr": "cin",
    },
    "phone": {"en": "cell", "fr": "portable"},
    "bank_account": {"fr": "rib"},
}
"""Personal only in a table of people."""

OF_A_DEVICE = "device id|device identifier|device name|fingerprint"
"""Personal if the device belongs to a person."""

CARRIED = """analytics app browser click customer installation login mobile pageview phone push session user
    visit visitor"""
"""Words of tables and columns which say that a device belongs to a person."""

THINGS = """animal article artikel book buch cat category clothing dog film garment item libro livestock
    livre movie pelicula pet produit product producto prenda shoe sku tier variant animales animaux chat chien
    espece gato haustier hund katze mascota perro plant race raza tiere ware"""
"""Words for things, whose gender, birth or plate is not a person's."""

NOT_POSTAL = """block blockchain bus contract coin erc host hosts memory network nft node register server
    token transaction url wallet web website"""
"""Words that make an address the address of a network or a program."""

WHOSE = """bill billing customer delivery home invoice mailing contact payer personal postal private
    recipient residence residential sender ship shipping shipto billto facturation livraison facturacion envio
    lieferung rechnung"""
"""Words before a part of an address that make it a person's."""

ENDINGS = """number no nr num addr address line value text raw normalized normalised encrypted hashed digits
    primary secondary home work private mobile old new current original lower clean string str source formatted
    phonetic datetime date business office personal alternate alt kunde kunden privat client cliente clientes
    livraison facturation envio facturacion electronico cli usuario utilisateur movil fijo hr domicilio trabajo
    travail casa"""
"""Words that may follow a phrase without changing its meaning."""

BLOCKERS = """has is num count requires require required show hide allow send verified enabled valid channel
    max min total accept accepts accepted product file host app brand template avg sum default company tipo type
    typ art status estado"""
"""Words before a phrase that make the column a statement about the value, or not about a person."""

SHIPMENTS = "bill billing delivery payer recipient sender ship shipping shipto"
"""Words before `name` that make it a person's, except in tables of ships."""

LEDGERS = "acc chart coa gl ledger"
"""Tables whose account numbers are not bank accounts."""

CODED = "gender sex geschlecht sexe sexo genero"
"""Words for values that are often stored as a number."""

PAY = "salary wage income gehalt lohn salaire salario sueldo"
"""Words for values that are numbers."""

PAY_PERIODS = "annual brutto gross hourly jahres monats netto stunden"
"""Words that German joins to `PAY`."""

DIGITS = "zip zipcode postal postcode code plz postleitzahl number hausnummer cp"
"""Parts of an address that may be a whole number; other whole numbers are foreign keys to addresses."""
