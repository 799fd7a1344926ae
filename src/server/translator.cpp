#include "server/translator.h"

#include "server/words.h"

#include <glib.h>

#include <algorithm>
#include <iterator>

namespace rt::server {

namespace {

struct Entry {
  std::string_view english, spanish, french, german;
};

// What one says to a machine first, what the recordings say that come with the recogniser, and numbers.
constexpr Entry lexicon[] = {
    {"a", "un", "un", "ein"},
    {"am", "estoy", "suis", "bin"},
    {"ace", "as", "as", "Ass"},
    {"and", "y", "et", "und"},
    {"back", "atrás", "arrière", "zurück"},
    {"clubs", "tréboles", "trèfles", "Kreuz"},
    {"day", "día", "jour", "Tag"},
    {"diamonds", "diamantes", "carreaux", "Karo"},
    {"eight", "ocho", "huit", "acht"},
    {"evening", "tarde", "soir", "Abend"},
    {"five", "cinco", "cinq", "fünf"},
    {"forward", "adelante", "en avant", "vorwärts"},
    {"four", "cuatro", "quatre", "vier"},
    {"go", "ve", "va", "geh"},
    {"good", "buenos", "bon", "guten"},
    {"goodbye", "adiós", "au revoir", "auf Wiedersehen"},
    {"hearts", "corazones", "cœurs", "Herz"},
    {"hello", "hola", "bonjour", "hallo"},
    {"help", "ayuda", "aide", "Hilfe"},
    {"how", "cómo", "comment", "wie"},
    {"i", "yo", "je", "ich"},
    {"in", "en", "à", "in"},
    {"is", "es", "est", "ist"},
    {"it", "ello", "il", "es"},
    {"jack", "jota", "valet", "Bube"},
    {"king", "rey", "roi", "König"},
    {"left", "izquierda", "gauche", "links"},
    {"meter", "metro", "mètre", "Meter"},
    {"meters", "metros", "mètres", "Meter"},
    {"morning", "días", "matin", "Morgen"},
    {"my", "mi", "mon", "mein"},
    {"name", "nombre", "nom", "Name"},
    {"nine", "nueve", "neuf", "neun"},
    {"no", "no", "non", "nein"},
    {"now", "ahora", "maintenant", "jetzt"},
    {"of", "de", "de", "von"},
    {"one", "uno", "un", "eins"},
    {"open", "abre", "ouvre", "öffne"},
    {"please", "por favor", "s'il vous plaît", "bitte"},
    {"queen", "reina", "dame", "Dame"},
    {"right", "derecha", "droite", "rechts"},
    {"seven", "siete", "sept", "sieben"},
    {"six", "seis", "six", "sechs"},
    {"spades", "picas", "piques", "Pik"},
    {"stop", "para", "arrête", "halt"},
    {"ten", "diez", "dix", "zehn"},
    {"thank", "gracias", "merci", "danke"},
    {"the", "el", "le", "das"},
    {"three", "tres", "trois", "drei"},
    {"time", "hora", "heure", "Zeit"},
    {"to", "a", "à", "zu"},
    {"turn", "gira", "tourne", "dreh"},
    {"two", "dos", "deux", "zwei"},
    {"weather", "tiempo", "temps", "Wetter"},
    {"what", "qué", "que", "was"},
    {"where", "dónde", "où", "wo"},
    {"world", "mundo", "monde", "Welt"},
    {"yes", "sí", "oui", "ja"},
    {"you", "tú", "vous", "du"},
    {"zero", "cero", "zéro", "null"},
};

struct Language {
  std::string_view code;
  std::string_view Entry::*column;
};
constexpr Language languages[] = {{"es", &Entry::spanish}, {"fr", &Entry::french}, {"de", &Entry::german}};

bool is_letter(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || g_ascii_isalpha(c) || c == '\'';
}

std::string one_word(std::string_view word, std::string_view Entry::*column) {
  const auto found = std::ranges::find(lexicon, lower(word), &Entry::english);
  if (found == std::end(lexicon)) return std::string(word);
  std::string said((*found).*column);
  // "I" is a capital for no reason of its own.
  if (g_ascii_isupper(word[0]) && word != "I") said[0] = g_ascii_toupper(said[0]);
  return said;
}

} // namespace

std::string translated(std::string_view text, std::string_view language) {
  const auto primary = lower(language.substr(0, language.find('-')));
  const auto found = std::ranges::find(languages, primary, &Language::code);
  if (found == std::end(languages)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const auto end = static_cast<std::size_t>(std::ranges::find_if_not(text, is_letter) - text.begin());
    if (end > 0) out += one_word(text.substr(0, end), found->column);
    text.remove_prefix(end);
    if (text.empty()) break;
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

} // namespace rt::server
